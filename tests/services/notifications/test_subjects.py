"""What is known of the things that events are about."""

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.notifications.models import Subject
from services.notifications.rules import forgotten, is_news, key_of, learned, situation_of
from shared.events import Company, Contact, Event, Person
from shared.events.people import email_hash
from tests.services.notifications.builders import (
    ANA_SILVA,
    MARCH,
    a_subject,
    account_opened,
    case_opened,
    commitment_missed,
    deal_closed,
    enveloped,
    lead_assigned,
    lead_captured,
    lead_qualified,
    opportunity_opened,
)


def known_after(*events: Event) -> Subject:
    subject = None
    for event in events:
        subject = learned(subject, enveloped(event), MARCH)
    assert subject is not None
    return subject


def test_a_lead_is_called_by_person_and_company_or_as_much_as_is_known() -> None:
    def called(person: Person, company: Company) -> str:
        return known_after(lead_captured(person=person, company=company)).called

    assert called(ANA_SILVA, Company(name="Acme")) == "Ana Silva at Acme"
    assert called(ANA_SILVA, Company()) == "Ana Silva"
    assert called(Person(email="ana@acme.example"), Company(domain="acme.example")) == "ana@acme.example at acme.example"
    assert called(Person(), Company(name="Acme")) == "Acme"
    assert known_after(lead_assigned()).called == "a lead"
    assert known_after(deal_closed()).called == "an opportunity"


@given(st.permutations([1, 2, 3, 4]))
def test_the_order_of_arrival_does_not_matter(order: list[int]) -> None:
    told = {
        1: lead_captured(version=1, person=Person(last_name="Silva")),
        2: lead_qualified(version=2, owner_id="sam", team_id="south"),
        3: lead_assigned(version=3, owner_id="rita", team_id="north"),
        4: lead_qualified(version=4, person=Person(last_name="Costa"), company=Company()),
    }
    subject = known_after(*(told[number] for number in order))
    assert (subject.label, subject.owner_id, subject.team_id, subject.version) == ("Costa", "rita", "north", 4)


def test_what_was_heard_before_changes_nothing() -> None:
    subject = known_after(lead_captured(), lead_assigned())
    assert learned(subject, enveloped(lead_assigned()), MARCH) is subject


def test_the_owner_is_whom_the_event_names_else_whom_its_subject_or_the_lead_behind_it_was_given_to_last() -> None:
    def owner(event: Any, *, own: timedelta, lead: timedelta) -> str | None:
        opportunity = a_subject("opportunity:o1", owner_id="rita", owned_since=MARCH + own)
        behind = a_subject("lead:l1", owner_id="sam", owned_since=MARCH + lead)
        return situation_of(enveloped(event), opportunity, behind).owner_id

    early, late = timedelta(0), timedelta(hours=1)
    assert owner(commitment_missed(owner_id="eva"), own=late, lead=early) == "eva"
    assert owner(commitment_missed(), own=late, lead=early) == "rita"
    assert owner(commitment_missed(), own=early, lead=late) == "sam"


def test_each_event_is_about_one_thing_and_some_things_follow_others() -> None:
    assert key_of(lead_assigned("l9")) == "lead:l9"
    assert known_after(opportunity_opened("o9", lead_id="l9")).parent == "lead:l9"
    assert known_after(case_opened("c9", account_id="a9")).parent == "account:a9"


def test_a_forgotten_person_has_no_name_and_gets_none_back() -> None:
    forgot = forgotten(known_after(lead_captured()), (), MARCH)
    assert (forgot.called, forgot.email_hashes) == ("a lead", [])
    assert learned(forgot, enveloped(lead_qualified(version=9)), MARCH).label is None


def test_a_company_keeps_its_name_when_a_person_there_is_forgotten_and_a_private_customer_does_not() -> None:
    company = known_after(account_opened(name="Acme"))
    person = known_after(account_opened(name="Ana Silva", contacts=[Contact(first_name="Ana", last_name="Silva")]))
    hashed = email_hash("Ana.Silva@acme.example ")
    assert company.email_hashes == [hashed]
    assert forgotten(company, [hashed], MARCH).model_dump(include={"label", "email_hashes"}) == {"label": "Acme", "email_hashes": []}
    assert forgotten(person, [], MARCH).label is None


def test_old_events_are_no_news() -> None:
    assert is_news(enveloped(lead_assigned(), at=MARCH - timedelta(days=2)), MARCH)
    assert not is_news(enveloped(lead_assigned(), at=MARCH - timedelta(days=4)), MARCH)
