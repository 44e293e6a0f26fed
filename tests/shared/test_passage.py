"""What is known of a request on its way."""

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from shared.passage import BodyDigest

FEW = st.binary(max_size=6).map(lambda text: bytes(b"ab"[letter % 2] for letter in text))


@given(FEW, st.lists(FEW))
def test_however_a_body_is_cut_on_its_way_its_digest_is_that_of_all_of_it_without_the_boundaries(
    boundary: bytes, pieces: list[bytes]
) -> None:
    digest, whole = BodyDigest(boundary), b"".join(pieces)
    for piece in pieces:
        digest.update(piece)
    assert digest.digest() == sha256(whole.replace(boundary, b"") if boundary else whole).digest()
