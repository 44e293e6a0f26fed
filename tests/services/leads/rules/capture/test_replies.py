"""A mail's own words are told from what it answers and from the signature, whatever program wrote it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.leads.rules.capture.replies import own_words

OWN = "Yes, 20 of them by June.\n\nIs that possible?"
QUOTED = "> We can deliver in May.\n> Ana"
QUOTATIONS = [
    f"On Mon, 2 Mar 2026 at 10:11, Ana Ribeiro <ana@dealwire.example> wrote:\n{QUOTED}",
    f"On Mon, 2 Mar 2026 at 10:11, Ana Ribeiro\n<ana@dealwire.example>\nwrote:\n\n{QUOTED}",
    f"Am 02.03.2026 um 10:11 schrieb Ana Ribeiro <ana@dealwire.example>:\n{QUOTED}",
    f"Le lun. 2 mars 2026 à 10:11, Ana Ribeiro <ana@dealwire.example> a écrit :\n{QUOTED}",
    f"El 2 mar 2026, Ana Ribeiro <ana@dealwire.example> escribió:\n{QUOTED}",
    "-----Original Message-----\nFrom: Ana Ribeiro\nWe can deliver in May.",
    "From: Ana Ribeiro <ana@dealwire.example>\nSent: Monday, 2 March 2026 10:11\nTo: Petra\nSubject: Offer\n\nWe can deliver in May.",
    "Von: Ana Ribeiro <ana@dealwire.example>\nGesendet: Montag, 2. März 2026 10:11\nAn: Petra\nBetreff: Angebot\n\nIm Mai.",
    QUOTED,
]
GOODBYES = [
    "--\nPetra Müller\nNordlicht GmbH",
    "Mit freundlichen Grüßen\nPetra Müller",
    "Best regards,\nPetra",
    "Viele Grüße aus Flensburg\nPetra",
    "Sent from my phone",
]


@pytest.mark.parametrize("quotation", QUOTATIONS)
def test_what_is_answered_is_left_out(quotation: str) -> None:
    assert own_words(f"{OWN}\n\n{quotation}").text == OWN


@pytest.mark.parametrize("goodbye", GOODBYES)
def test_the_signature_stands_apart(goodbye: str) -> None:
    assert own_words(f"{OWN}\n\n{goodbye}\n\n{QUOTATIONS[0]}") == (OWN, goodbye)


def test_an_answer_below_the_quotation_is_found() -> None:
    assert own_words(f"{QUOTATIONS[0]}\n\n{OWN}").text == OWN


@pytest.mark.parametrize(
    "text",
    [
        "On Monday we need them:\n- two pumps",
        "From: the harbour\nit is not far",
        "Am liebsten im Mai.",
        "I wrote:\nnothing",
        "Thanks for the offer",
    ],
)
def test_words_that_only_look_like_it_stay(text: str) -> None:
    assert own_words(text).text == text


@given(st.lists(st.sampled_from(["On ", "Am ", "wrote:", " schrieb ", "\n", ">", "From: ", "Sent: ", "x", "--", " "]), max_size=200))
def test_every_text_is_taken_apart_into_what_it_held(parts: list[str]) -> None:
    text = "".join(parts)
    said = own_words(text)
    assert all(line.strip() in text for line in (*said.text.split("\n"), *said.signature.split("\n")))


@pytest.mark.parametrize("bait", ["\n", "On ", "Am 12 schrieb ", "On a wrote\n", "> ", "From: a\n", "-", "with best ", "Viele Grüße aus "])
def test_nothing_that_is_sent_costs_more_than_its_length(bait: str) -> None:
    began = time.process_time()
    own_words((bait * 60_000)[:60_000])
    assert time.process_time() - began < 2
