"""When two people are one: field by field, and by the points of a policy."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.leads.rules.capture.given_names import are_forms_of_one, are_spellings_of_one
from services.leads.rules.duplicates.blocks import blocks_of
from services.leads.rules.duplicates.likeness import likeness_of
from services.leads.rules.duplicates.matching import Comparing, Matcher
from services.leads.rules.judging.defaults import default_matching
from tests.bench.duplicates.judging import judged
from tests.bench.duplicates.people import crowd

MATCHER = Matcher(default_matching())


def _parts(text: str) -> dict[str, Any]:
    """`first last, e-mail, phone, company`; a dash is left out."""
    name, email, phone, company = (part.strip().replace("-", "", part.strip() == "-") for part in text.split(","))
    first, _, last = name.rpartition(" ")
    person = {"first_name": first, "last_name": last, "email": email, "phone": phone}
    return {"person": {key: value for key, value in person.items() if value}, "company": {"name": company} if company else {}}


def _compared(one: str, other: str) -> Comparing:
    return MATCHER.compare(likeness_of(_parts(one)), likeness_of(_parts(other)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("William Fairweather, -, +447400123456, Acme Pumps", "Bill Fairweather, bill@gmail.com, -, Acme Pumps Ltd"),
        ("Katharina Müller, k.mueller@acme.example, -, Acme", "Kathi Mueller, -, -, ACME GmbH"),
        ("Ana Silva, ana.silva@acme.example, -, Acme", "Ana Silva, ana.silvs@acme.example, -, -"),
        ("Kenji Mori, -, -, Tokai Steel", "Mori Kenji, kenji@gmail.com, -, Tokai Steel"),
        ("Joan Smith, joan.smith@acme.example, +447400123456, -", "J. Smith, joan.smith@acme.exampel, +447400123456, -"),
        ("Teresa Blanco-Ruiz, -, +34612345678, -", "Teresa Blanco, tere@gmail.com, +34612345678, -"),
    ],
)
def test_one_person_written_in_two_ways_is_merged(one: str, other: str) -> None:
    assert _compared(one, other).verdict == "merge"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # Colleagues, with the telephone of the reception.
        ("Ana Silva, ana.silva@acme.example, +447400123456, Acme", "Max Klein, max.klein@acme.example, +447400123456, Acme"),
        # Relatives in a family's firm.
        ("Ana Silva, ana@silva.example, +447400123456, Silva Foods", "Jo Silva, jo@silva.example, +447400123456, Silva Foods"),
        # One letter apart, and two people.
        ("Daniel Koch, d.koch@acme.example, -, Acme", "Daniela Koch, daniela.koch@acme.example, -, Acme"),
        ("Christian Koch, -, -, Acme", "Christina Koch, -, -, Acme"),
        # A common name in two companies.
        ("Thomas Müller, thomas.mueller@siemens.example, -, Siemens", "Thomas Müller, thomas.mueller@bosch.example, -, Bosch"),
        # Numbers tell one from the other.
        ("Ana Park, p17@firm17.example, -, Firm 17", "Ana Park, p18@firm18.example, -, Firm 18"),
    ],
)
def test_two_people_who_resemble_each_other_are_left_alone(one: str, other: str) -> None:
    assert _compared(one, other).verdict != "merge"


def test_whoever_is_likely_and_not_certain_is_asked_about() -> None:
    comparing = _compared("J. Smith, -, -, Acme Pumps", "James Smith, james@gmail.com, -, Acme Pumps")
    assert comparing.verdict == "review"
    assert comparing.match.score == comparing.points / 100
    assert comparing.match.fields == ["person.first_name", "person.last_name", "company.name"]
    assert comparing.match.rule == "likeness-0"


def test_contradicting_first_names_are_never_merged_however_much_else_agrees() -> None:
    comparing = _compared("Ana Silva, a.silva@acme.example, +447400123456, Acme", "Rui Silva, a.silva@acme.exampel, +447400123456, Acme")
    assert comparing.verdict == "review"


people = st.builds(
    lambda name, email, phone, company: _parts(f"{name}, {email}, {phone}, {company}"),
    st.sampled_from(["Ana Silva", "Anna Silva", "Silva Ana", "A. Silva", "Jo Klein", "Klein", "Ana Silva Klein"]),
    st.sampled_from(["-", "ana.silva@acme.example", "ana.silva@gmail.com", "asilva@acme.example", "jo@acme.example"]),
    st.sampled_from(["-", "+447400123456", "+447400123457", "+491713920090"]),
    st.sampled_from(["-", "Acme", "Acme GmbH", "Acmee", "Bosch"]),
)


@given(people, people)
def test_it_does_not_matter_who_is_compared_with_whom(one: dict[str, Any], other: dict[str, Any]) -> None:
    there, back = MATCHER.compare(likeness_of(one), likeness_of(other)), MATCHER.compare(likeness_of(other), likeness_of(one))
    assert (there.verdict, there.points) == (back.verdict, back.points)


def test_names_that_are_one() -> None:
    assert are_forms_of_one("william", "bill")
    assert are_forms_of_one("sepp", "josef")
    assert are_spellings_of_one("erik", "eric")
    assert are_spellings_of_one("jhon", "john")
    assert not are_forms_of_one("andrea", "andrew")
    assert not are_spellings_of_one("mario", "maria")
    assert not are_spellings_of_one("martin", "marvin")


def test_two_spellings_of_one_person_are_looked_for_in_one_place() -> None:
    one = blocks_of(_parts("Katharina Müller, k.mueller@acme-pumps.example, -, -"))
    other = blocks_of(_parts("Kathi Muller, kathi@gmail.com, -, Acme Pumps GmbH"))
    assert set(one) & set(other)


def test_blocks_are_few_and_short() -> None:
    long = "x" * 300
    blocks = blocks_of({"person": {"first_name": long, "last_name": long, "phone": "+447400123456"}, "company": {"name": long}})
    assert len(blocks) <= 6
    assert max(map(len, blocks)) < 30


def test_the_default_policy_finds_nearly_all_and_errs_hardly_ever() -> None:
    """As `make bench` measures it, on a smaller crowd."""
    result = judged(crowd(1_500, seed=20))
    assert result.precision >= 0.98
    assert result.f1 >= 0.95
