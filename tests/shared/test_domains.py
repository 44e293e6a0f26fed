"""Domains, however they are written, and whose they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domains import business_domain, domain_of, is_disposable, is_free_mail


@pytest.mark.parametrize(
    ("written", "domain"),
    [
        ("https://www.Acme.example/contact?x=1", "acme.example"),
        ("ACME.Example.", "acme.example"),
        ("www.www.acme.example", "acme.example"),
        ("www.de", "www.de"),
        ("acme.example:8080", "acme.example"),
        ("acme.example#us", "acme.example"),
        ("MÜLLER.example", "müller.example"),
        ("mu\u0308ller.example", "müller.example"),
        ("no domain", None),
        ("info@acme.example", None),
        ("acme..example", None),
        ("1.2.3.4", None),
        ("n/a", None),
        ("", None),
    ],
)
def test_a_domain_is_the_same_however_it_is_written(written: str, domain: str | None) -> None:
    assert domain_of(written) == domain


@given(st.text(max_size=40))
def test_no_text_breaks_the_reading_of_a_domain_and_what_is_read_is_stable(text: str) -> None:
    domain = domain_of(text)
    assert domain is None or domain_of(domain) == domain


def test_a_domain_says_something_about_a_company_unless_everybody_has_mail_there() -> None:
    assert business_domain("ana@acme.example") == "acme.example"
    assert business_domain("ana@gmail.com") is None
    assert business_domain("ana@mailinator.com") is None


@pytest.mark.parametrize(
    ("email", "free", "disposable"),
    [
        ("ana@gmail.com", True, False),
        ("ana@post.example", True, False),
        ("ana@mailinator.com", False, True),
        ("ana@below.mailinator.com", False, True),
        ("ana@acme.example", False, False),
        (None, False, False),
    ],
)
def test_what_kind_of_domain_an_address_is_at_is_told(email: str | None, free: bool, disposable: bool) -> None:
    assert (is_free_mail(email), is_disposable(email)) == (free, disposable)
