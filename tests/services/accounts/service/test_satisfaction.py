"""A customer says how content they are."""

from datetime import timedelta
from typing import Any

import pytest

from services.accounts.main import service
from shared.database import Database
from shared.events import AccountAtRisk, Company, Person, SatisfactionRecorded, SurveyRequested
from tests.conftest import DatabaseOf
from tests.road import api_client, hear, said
from tests.services.accounts.builders import NOON, ON_TIME, answer, order, won_deal


@pytest.fixture
async def db(database_of: DatabaseOf) -> Database:
    return await database_of("accounts")


async def opened_account(db: Database, **fields: Any) -> str:
    await hear(service, db, won_deal(**fields))
    return (await said(db))[0].key()


@pytest.fixture
async def account_id(db: Database) -> str:
    return await opened_account(db)


async def get(db: Database, path: str) -> Any:
    async with api_client(service, db) as client:
        answered = await client.get(path)
        assert answered.status_code == 200, answered.text
        return answered.json()


async def violations(db: Database) -> list[tuple[str, str]]:
    rows = await db.collection("parked").find().to_list(None)
    return [(violation["field"], violation["rule"]) for row in rows for violation in row["violations"]]


@pytest.mark.parametrize(
    ("kind", "score", "normalised", "outcome"), [("csat", 5, 100, "exceeded"), ("csat", 4, 75, "met"), ("nps", 6, 60, "missed")]
)
async def test_an_answer_is_compared_with_what_was_expected(
    db: Database, account_id: str, kind: str, score: int, normalised: int, outcome: str
) -> None:
    await hear(service, db, answer(account_id, kind=kind, score=score))
    recorded = (await said(db))[0]
    assert isinstance(recorded, SatisfactionRecorded)
    assert (recorded.score, recorded.against_expectation, recorded.owner_id) == (normalised, outcome, "rep-1")
    assert recorded.expectations == [ON_TIME]
    (listed,) = (await get(db, f"/accounts/{account_id}/satisfaction"))["items"]
    assert (listed["score"], listed["against_expectation"], listed["comment"]) == (normalised, outcome, "Lovely")
    assert (await get(db, f"/accounts/{account_id}"))["satisfaction"] == normalised


async def test_without_expectations_nothing_is_compared(db: Database) -> None:
    account_id = await opened_account(db, expectations=[], company=Company(name="Else"), person=Person(email="x@else.example"))
    await hear(service, db, answer(account_id))
    (recorded,) = await said(db)
    assert isinstance(recorded, SatisfactionRecorded)
    assert recorded.against_expectation == "none_recorded"


async def test_a_low_answer_puts_the_account_at_risk_and_only_a_worse_one_says_so_again(db: Database, account_id: str) -> None:
    for score in (3, 3, 2, 5):
        await hear(service, db, answer(account_id, score=score))
    risks = [event for event in await said(db) if isinstance(event, AccountAtRisk)]
    assert [(risk.health, risk.reasons) for risk in risks] == [
        (50, ["satisfaction is 50 of 100, below 70"]),
        (25, ["satisfaction is 25 of 100, below 70"]),
    ]
    assert (await get(db, f"/accounts/{account_id}"))["risks"] == []


async def requested_survey(db: Database, account_id: str, **fields: Any) -> SurveyRequested:
    await hear(service, db, order(account_id=account_id, status="delivered", **fields))
    asked = (await said(db))[-1]
    assert isinstance(asked, SurveyRequested)
    return asked


async def test_an_answer_to_a_survey_is_counted_once(db: Database, account_id: str) -> None:
    asked = await requested_survey(db, account_id)
    await hear(service, db, answer(account_id, survey_id=asked.survey_id), answer(account_id, survey_id=asked.survey_id))
    await hear(service, db, answer(account_id, survey_id=asked.survey_id))
    assert [event.topic for event in await said(db)] == ["satisfaction.recorded"]
    await hear(service, db, answer(account_id, survey_id=asked.survey_id, score=1))
    assert await violations(db) == [("survey_id", "answered_once")]


async def test_a_survey_about_one_deal_asks_about_the_expectations_of_that_deal(db: Database, account_id: str) -> None:
    second = won_deal(expectations=[{"text": "Quiet", "measure": "40 dB"}])
    await hear(service, db, second)
    asked = await requested_survey(db, account_id, opportunity_id=second.opportunity_id)
    await hear(service, db, answer(account_id, survey_id=asked.survey_id))
    (recorded,) = await said(db)
    assert isinstance(recorded, SatisfactionRecorded)
    assert [expectation.text for expectation in recorded.expectations] == ["Quiet"]


async def test_a_survey_of_others_may_be_answered_by_many(db: Database, account_id: str) -> None:
    await hear(service, db, answer(account_id, survey_id="spring campaign"), answer(account_id, survey_id="spring campaign", score=2))
    assert len((await get(db, f"/accounts/{account_id}/satisfaction"))["items"]) == 2


@pytest.mark.parametrize("told", [{}, {"answered_at": NOON}, {"comment": None}])
async def test_the_same_answer_to_a_survey_of_others_counts_once_whatever_messages_tell_it(
    db: Database, account_id: str, told: dict[str, Any]
) -> None:
    for _ in range(2):
        await hear(service, db, *(answer(account_id, survey_id="spring campaign", **told) for _ in range(2)))
    assert [event.topic for event in await said(db)] == ["satisfaction.recorded"]
    assert len((await get(db, f"/accounts/{account_id}/satisfaction"))["items"]) == 1


async def test_answers_to_no_survey_and_to_others_and_at_other_times_all_count(db: Database, account_id: str) -> None:
    later = {"survey_id": "spring", "answered_at": NOON + timedelta(hours=1)}
    told = ({}, {}, {"survey_id": "spring"}, {"survey_id": "summer"}, later)
    await hear(service, db, *(answer(account_id, **fields) for fields in told))
    assert len((await get(db, f"/accounts/{account_id}/satisfaction"))["items"]) == 5


@pytest.mark.parametrize(
    ("fields", "violation"),
    [
        ({"score": 6}, ("score", "csat_1_to_5")),
        ({"score": 0}, ("score", "csat_1_to_5")),
        ({"account_id": "nowhere"}, ("account_id", "known")),
        ({"answered_at": NOON + timedelta(days=4000)}, ("answered_at", "believable_moment")),
    ],
)
async def test_a_bad_answer_is_parked_alone_with_field_and_rule(
    db: Database, account_id: str, fields: dict[str, Any], violation: tuple[str, str]
) -> None:
    await hear(service, db, answer(**({"account_id": account_id} | fields)), answer(account_id))
    assert await violations(db) == [violation]
    assert [event.topic for event in await said(db)] == ["satisfaction.recorded"]


async def test_an_answer_to_somebody_elses_survey_is_refused(db: Database, account_id: str) -> None:
    asked = await requested_survey(db, account_id)
    other = await opened_account(db, company=Company(name="Else"), person=Person(email="x@else.example"))
    await hear(service, db, answer(other, survey_id=asked.survey_id), answer(account_id, survey_id=asked.survey_id, kind="nps"))
    assert await violations(db) == [("survey_id", "same_survey")] * 2


async def test_an_older_answer_that_arrives_late_is_recorded_but_does_not_count_as_the_latest(db: Database, account_id: str) -> None:
    await hear(service, db, answer(account_id, score=5, answered_at=NOON))
    await hear(service, db, answer(account_id, score=1, answered_at=NOON - timedelta(days=2)))
    first, late = await said(db)
    assert isinstance(first, SatisfactionRecorded)
    assert isinstance(late, SatisfactionRecorded)
    assert (first.score, first.satisfaction, first.answered_at) == (100, 100, NOON)
    assert (late.score, late.satisfaction, late.answered_at) == (0, 100, NOON - timedelta(days=2))
    account = await get(db, f"/accounts/{account_id}")
    assert (account["satisfaction"], account["health"], account["version"]) == (100, 100, 3)
