"""The sample leads are as messy as real ones, and what became of them is told."""

import re
from collections import Counter

import pytest
from pydantic import ValidationError

from deploy.local.samples import Fate, sample_submissions, summarise
from shared.events import LeadSubmitted


@pytest.fixture(scope="module")
def submissions() -> list[dict]:
    return [body for _, body in sample_submissions()]


def readable(body: dict) -> bool:
    try:
        LeadSubmitted.model_validate(body)
    except ValidationError:
        return False
    return True


def test_there_are_about_five_hundred_from_many_sources_and_countries(submissions: list[dict]) -> None:
    assert 450 <= len(submissions) <= 550
    assert len({body["source"] for body in submissions}) >= 8
    assert len({body.get("company", {}).get("country") for body in submissions}) >= 20


def test_each_has_an_external_id_of_its_own(submissions: list[dict]) -> None:
    assert max(Counter(body["external_id"] for body in submissions).values()) == 1


def test_all_people_and_companies_are_invented(submissions: list[dict]) -> None:
    mails = [body["person"]["email"] for body in submissions if "email" in body.get("person", {})]
    assert all(mail.strip().lower().endswith(".example") or not re.fullmatch(r"\S+@\S+\.\S+", mail.strip()) for mail in mails)


def test_most_are_readable_and_some_are_not(submissions: list[dict]) -> None:
    unreadable = [body for body in submissions if not readable(body)]
    assert 3 <= len(unreadable) <= 20


def test_the_same_people_come_more_than_once(submissions: list[dict]) -> None:
    mails = Counter(body["person"]["email"].strip().casefold() for body in submissions if "email" in body.get("person", {}))
    assert sum(count > 1 for count in mails.values()) >= 15


def test_an_empty_cell_is_an_absent_field(submissions: list[dict]) -> None:
    assert not any(value == "" for body in submissions for part in body.values() if isinstance(part, dict) for value in part.values())


def test_the_summary_counts_every_fate_and_every_lead_once() -> None:
    fates = [
        Fate(2, "s1", "captured", lead_id="l1"),
        Fate(3, "s2", "merged", lead_id="l1"),
        Fate(4, "s3", "captured", lead_id="l2"),
        Fate(5, "s4", "refused", reason="no identity"),
        Fate(6, None, "turned away", reason="interest.budget: ge"),
    ]
    leads = {"l1": {"status": "qualified", "owner_id": "r1"}, "l2": {"status": "disqualified", "owner_id": None}}
    summary = summarise(fates, leads, {"r1": "Ana Ruiz"}, 1.23)
    assert summary.submitted == 5
    assert summary.fates == {"captured": 2, "merged": 1, "refused": 1, "turned away": 1}
    assert summary.refusals == {"no identity": 1, "interest.budget: ge": 1}
    assert summary.leads == {"qualified": 1, "disqualified": 1}
    assert summary.assigned == {"Ana Ruiz": 1}
