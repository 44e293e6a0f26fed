"""Closed sales are learned from; what was learned is told of the next lead."""

import random
from datetime import timedelta
from typing import Any

import pytest

from services.leads import store
from services.leads.main import service
from services.leads.rules.judging.training import Example, trained
from services.leads.service import ask_to_learn, learn
from services.leads.service.policies import forget_policy
from shared.database import Database, utcnow
from shared.events import DealClosed, OpportunityOpened
from tests.conftest import DatabaseOf
from tests.road import hear, said
from tests.services.leads.builders import admin, carried, fresh, heard, leads_of, of, rep, submission, the_lead, told
from tests.services.leads.rules.judging.test_prediction import examples


@pytest.fixture
def at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Learning in this process, which is quicker to begin with."""

    async def learned(rows: Any) -> Any:
        return trained([Example(row["won"], row["score"], row["team_id"], row["traits"]) for row in rows])

    monkeypatch.setattr("services.leads.service.judging.learning._trained_apart", learned)


async def sold_to(db: Database, lead: dict[str, Any], outcome: str, *, version: int = 2) -> None:
    opportunity_id = f"o-{lead['_id']}"
    opened = {"opportunity_id": opportunity_id, "version": 1, "name": "x", "pipeline": "p", "stage": "s", "opened_at": utcnow()}
    closed = {"reason": "x", "closed_at": utcnow(), "cycle_seconds": 1, "effort_seconds": 1, "outcome": outcome}
    await hear(service, db, OpportunityOpened.model_validate(opened | {"lead_id": lead["_id"]}))
    await hear(
        service, db, DealClosed.model_validate(closed | {"opportunity_id": opportunity_id, "version": version, "lead_id": lead["_id"]})
    )


async def past_outcomes(db: Database, count: int, **how: Any) -> None:
    start = utcnow() - timedelta(hours=1)
    rows = [
        {"_id": f"past-{number}-{random.random()}", "at": start + timedelta(milliseconds=number), **one._asdict()}
        for number, one in enumerate(examples(count, **how))
    ]
    await db.collection("outcomes").insert_many(rows)


async def test_how_a_lead_ended_is_kept_with_how_it_stood_when_the_sale_began(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await carried(db, submission(), submission())
    won, out = await leads_of(db)
    await sold_to(db, won, "won")
    async with admin(db) as client:
        await told(client, "POST", f"/leads/{out['_id']}/disqualify", {"reason": "a student"})
    rows = {row["_id"]: row for row in await db.collection("outcomes").find().to_list(None)}
    assert (rows[won["_id"]]["won"], rows[out["_id"]]["won"]) == (True, False)
    assert (rows[won["_id"]]["score"], rows[won["_id"]]["team_id"]) == (won["score"], "europe")
    assert "source=web" in rows[won["_id"]]["traits"]
    async with admin(db) as client:
        await told(client, "POST", f"/leads/{out['_id']}/qualify", {"reason": "a mistake"})
    await sold_to(db, won, "lost", version=3)
    (left,) = await db.collection("outcomes").find().to_list(None)
    assert (left["_id"], left["won"]) == (won["_id"], False)


async def test_enough_outcomes_make_a_model_that_speaks_of_the_next_lead(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await past_outcomes(db, 19)
    assert await learn(db, utcnow()) is None
    await past_outcomes(db, 700, seed=2)
    model = await learn(db, utcnow())
    assert model is not None
    assert (model.version, model.status, model.uses, model.seen) == (1, "active", "learned", 719)
    forget_policy(db)
    (_, qualified, *_) = await heard(db, submission(source="partner", company={"industry": "machines"}))
    assert qualified.reasons[-1].criterion == "prediction"
    assert "source=partner" in qualified.reasons[-1].detail
    lead = await the_lead(db)
    assert lead["probability"] == qualified.probability
    async with rep(db, "ana", "europe") as ana:
        score = await told(ana, "GET", f"/leads/{lead['_id']}/score")
        (listed,) = (await told(ana, "GET", "/models"))["items"]
    assert (score["model_version"], score["traits"][0]["trait"]) == (1, "source=partner")
    assert listed["quality"]["auc"] > listed["quality_of_criteria"]["auc"]
    assert len(listed["quality"]["deciles"]) == 10


async def test_a_model_is_made_anew_when_enough_has_happened_or_after_a_week(database_of: DatabaseOf, at_hand: None) -> None:
    db = await fresh(database_of)
    await past_outcomes(db, 30)
    first = await learn(db, utcnow())
    assert first is not None
    assert (first.uses, first.learned) == ("criteria", None)
    assert await learn(db, utcnow()) is None
    await carried(db, submission())
    await sold_to(db, await the_lead(db), "won")
    assert await learn(db, utcnow()) is None
    second = await learn(db, utcnow() + timedelta(days=8))
    assert second is not None
    assert (second.version, second.seen, second.status) == (2, 31, "active")


async def test_a_model_that_was_chosen_to_stay_stays_until_another_is_chosen(database_of: DatabaseOf, at_hand: None) -> None:
    db = await fresh(database_of)
    await past_outcomes(db, 25)
    await learn(db, utcnow())
    async with admin(db) as client, rep(db) as ana:
        assert (await told(client, "POST", "/models/1/activate"))["kept"]
        await past_outcomes(db, 25, seed=3)
        await db.collection("outcomes").update_many({}, {"$set": {"at": utcnow()}})
        assert await learn(db, utcnow()) is not None
        statuses = [(one["version"], one["status"]) for one in (await told(client, "GET", "/models"))["items"]]
        assert statuses == [(2, "draft"), (1, "active")]
        await told(ana, "POST", "/models/2/activate", expect=403)
        await told(client, "POST", "/models/2/activate", {"keep": False})
        assert (await told(client, "POST", "/models/rollback"))["version"] == 1
        assert (await told(client, "GET", "/models/2"))["status"] == "retired"
        await told(client, "GET", "/models/9", expect=404)


async def test_a_manager_may_have_it_learned_now(database_of: DatabaseOf, at_hand: None) -> None:
    db = await fresh(database_of)
    async with admin(db) as client, rep(db) as ana:
        await told(client, "POST", "/models/train", expect=409)
        await past_outcomes(db, 3)
        await told(ana, "POST", "/models/train", expect=403)
        assert await learn(db, utcnow()) is None
        assert await told(client, "POST", "/models/train", expect=202) == {"after_version": 0}
    model = await learn(db, utcnow())
    assert model is not None
    assert (model.version, model.seen, model.uses) == (1, 3, "criteria")
    assert await learn(db, utcnow()) is None


async def test_who_asks_while_it_is_being_learned_has_it_learned_once_more(
    database_of: DatabaseOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = await fresh(database_of)
    await past_outcomes(db, 3)
    await db.transact(ask_to_learn, by="ana")

    async def asked_meanwhile(rows: Any) -> Any:
        monkeypatch.undo()
        await db.transact(ask_to_learn, by="bruno")
        return trained([Example(row["won"], row["score"], row["team_id"], row["traits"]) for row in rows])

    monkeypatch.setattr("services.leads.service.judging.learning._trained_apart", asked_meanwhile)
    assert await learn(db, utcnow()) is not None
    assert await store.find_asked_to_learn(db) is not None


async def test_a_cold_start_tells_a_probability_by_the_score(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    events = await heard(db, submission(), submission(person={"title": "Student"}, interest={"budget": "0"}))
    better, worse = of(type(events[1]), events)[:2]
    assert better.score > worse.score
    assert better.probability > worse.probability > 0
    assert await said(db) == []
