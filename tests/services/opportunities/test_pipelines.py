"""Pipelines, drawn and changed by managers."""

from datetime import timedelta
from typing import Any

import pytest

from services.opportunities.main import service
from shared.database import utcnow
from tests.conftest import DatabaseOf
from tests.road import pass_time, said
from tests.services.opportunities.builders import manager, opened, rules_broken, seller, show, told

PARTNERS: dict[str, Any] = {
    "slug": "partners",
    "name": "Partners",
    "stages": [
        {"slug": "met", "name": "Met", "probability": "12.5", "forecast_category": "pipeline", "rotting_days": 3},
        {
            "slug": "agreed",
            "name": "Agreed",
            "probability": "90",
            "forecast_category": "commit",
            "required_fields": ["close_date", "contacts"],
        },
    ],
    "required_to_win": ["lines"],
    "reasons": {"won": ["signed"], "lost": ["price"]},
}


def changed(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in (PARTNERS | fields).items() if name != "slug"}


async def test_seeding_twice_is_harmless(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    await service.seed(db)
    await service.seed(db)
    async with seller(db) as ana:
        (pipeline,) = (await told(ana, "GET", "/pipelines", expect=200))["items"]
    assert (pipeline["id"], [stage["slug"] for stage in pipeline["stages"]]) == ("default", ["new", "discovery", "proposal", "negotiation"])
    assert pipeline["stages"][2]["required_fields"] == ["amount", "currency"]


async def test_a_pipeline_drawn_by_a_manager_is_followed(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    async with manager(db) as max_, seller(db) as ana:
        await told(ana, "POST", "/pipelines", PARTNERS, expect=403)
        drawn = await told(max_, "POST", "/pipelines", PARTNERS, expect=201)
        assert rules_broken(await told(max_, "POST", "/pipelines", PARTNERS, expect=409)) == {"slug": "once"}
        assert await told(ana, "GET", "/pipelines/partners", expect=200) == drawn
        opportunity = await told(ana, "POST", "/opportunities", {"pipeline": "partners", "name": "Joint"}, expect=201)
        assert (opportunity["stage"], opportunity["probability"]) == ("met", "12.5")
        path = f"/opportunities/{opportunity['id']}"
        problem = await told(ana, "POST", f"{path}/stage", {"stage": "agreed"}, expect=409)
        assert rules_broken(problem) == {"close_date": "required", "contacts": "required"}
        problem = await told(ana, "POST", f"{path}/close", {"outcome": "won", "reason": "signed"}, expect=409)
        assert rules_broken(problem) == {"lines": "required"}
        await told(ana, "POST", "/opportunities", {"pipeline": "nowhere"}, expect=404)


@pytest.mark.parametrize(
    ("fields", "broken"),
    [
        ({"stages": []}, {"stages": "too_short"}),
        ({"stages": [PARTNERS["stages"][0]] * 2}, {"stages.1.slug": "once"}),
        ({"stages": [PARTNERS["stages"][0] | {"name": " "}]}, {"stages.0.name": "string_too_short"}),
        ({"stages": [PARTNERS["stages"][0] | {"probability": "101"}]}, {"stages.0.probability": "less_than_equal"}),
        ({"stages": [PARTNERS["stages"][0] | {"required_fields": ["luck"]}]}, {"stages.0.required_fields.0": "literal_error"}),
        ({"stages": [PARTNERS["stages"][0] | {"rotting_days": 0}]}, {"stages.0.rotting_days": "greater_than_equal"}),
        ({"reasons": {"won": ["signed"]}}, {"reasons.lost": "required"}),
        ({"reasons": {"won": ["signed"], "lost": []}}, {"reasons.lost": "too_short"}),
    ],
)
async def test_a_pipeline_that_makes_no_sense_is_refused(database_of: DatabaseOf, fields: dict[str, Any], broken: dict[str, str]) -> None:
    db = await database_of("opportunities")
    async with manager(db) as max_:
        assert rules_broken(await told(max_, "POST", "/pipelines", PARTNERS | fields, expect=422)) == broken


async def test_a_stage_that_is_in_use_stays(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    async with manager(db) as max_:
        await told(max_, "POST", "/pipelines", PARTNERS, expect=201)
        opportunity = await told(max_, "POST", "/opportunities", {"pipeline": "partners"}, expect=201)
        without = changed(stages=PARTNERS["stages"][1:])
        assert rules_broken(await told(max_, "PUT", "/pipelines/partners", without, expect=409)) == {"stages": "unused"}
        path = f"/opportunities/{opportunity['id']}"
        await told(max_, "POST", f"{path}/close", {"outcome": "lost", "reason": "price"}, expect=200)
        await told(max_, "PUT", "/pipelines/partners", without, expect=200, if_match='"1"')
        await told(max_, "PUT", "/pipelines/partners", without, expect=412, if_match='"1"')
        reopened = await told(max_, "POST", f"{path}/reopen", {"reason": "they called"}, expect=200)
    assert (reopened["stage"], reopened["probability"]) == ("agreed", "90")


async def test_an_opportunity_keeps_the_probability_with_which_it_entered(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    opportunity_id = await opened(db)
    async with manager(db) as max_:
        before = await told(max_, "GET", "/pipelines/default", expect=200)
        stages = [stage | {"probability": "33"} for stage in before["stages"]]
        draft = {name: before[name] for name in ("name", "required_to_win", "reasons")} | {"stages": stages}
        await told(max_, "PUT", "/pipelines/default", draft, expect=200)
        assert (await show(db, opportunity_id))["probability"] == "10"
        moved = await told(max_, "POST", f"/opportunities/{opportunity_id}/stage", {"stage": "discovery"}, expect=200)
    assert moved["probability"] == "33"


async def test_more_time_given_meanwhile_puts_the_stall_off(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    async with manager(db) as max_:
        await told(max_, "POST", "/pipelines", PARTNERS, expect=201)
        await told(max_, "POST", "/opportunities", {"pipeline": "partners"}, expect=201)
        longer = [PARTNERS["stages"][0] | {"rotting_days": 9}, PARTNERS["stages"][1]]
        await told(max_, "PUT", "/pipelines/partners", changed(stages=longer), expect=200)
    await said(db)
    await pass_time(service, db, utcnow() + timedelta(days=4))
    assert await said(db) == []
    await pass_time(service, db, utcnow() + timedelta(days=10))
    assert [event.topic for event in await said(db)] == ["opportunity.stalled"]
