"""Cases: by when a customer is promised an answer."""

from datetime import UTC, datetime, timedelta

import pytest

from services.accounts.models.care import Severity
from services.accounts.rules.cases import case_id_of, opened_case, refuse_unanswerable
from shared.errors import Invalid
from shared.events import CaseSubmitted, Envelope, Sender
from tests.services.accounts.builders import NOON, case


def sent(submitted: CaseSubmitted, *, event_id: str = "e-1") -> CaseSubmitted:
    submitted.in_envelope(Envelope(id=event_id, source="/tests", time=NOON, correlation_id=event_id))
    return submitted


@pytest.mark.parametrize(("severity", "hours"), [("critical", 1), ("high", 4), ("normal", 24), ("low", 72)])
def test_the_graver_the_sooner(severity: Severity, hours: int) -> None:
    opened = opened_case(sent(case(severity=severity)), None, NOON + timedelta(minutes=30))
    assert opened.respond_by == NOON + timedelta(hours=hours)


def test_a_clock_that_runs_ahead_buys_us_no_time() -> None:
    assert opened_case(sent(case()), None, NOON - timedelta(hours=5)).opened_at == NOON - timedelta(hours=5)


def test_the_same_external_id_is_the_same_case() -> None:
    one, other = sent(case(external_id="T-1"), event_id="a"), sent(case(external_id="T-1", subject="Again"), event_id="b")
    assert case_id_of(one) == case_id_of(other)


def test_two_help_desks_may_both_have_a_number_one() -> None:
    assert case_id_of(case(external_id="1", channel="mail")) != case_id_of(case(external_id="1", channel="web"))


@pytest.mark.parametrize("sent_at", [datetime(1, 1, 1, tzinfo=UTC), NOON + timedelta(days=1)])
def test_a_time_that_cannot_be_is_taken_for_now(sent_at: datetime) -> None:
    submitted = case()
    submitted.in_envelope(Envelope(id="e-1", source="/tests", time=sent_at, correlation_id="e-1"))
    assert opened_case(submitted, None, NOON).opened_at == NOON


def test_without_an_external_id_every_submission_is_a_case() -> None:
    assert case_id_of(sent(case(), event_id="a")) != case_id_of(sent(case(), event_id="b"))


@pytest.mark.parametrize(("fields", "field"), [({"contact": Sender(email="ana")}, "contact.email"), ({"subject": " "}, "subject")])
def test_a_case_needs_somebody_to_answer_and_something_to_answer_to(fields: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        refuse_unanswerable(case(**fields))
    assert refusal.value.violations[0].field == field
