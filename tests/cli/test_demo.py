"""A month of sales: always alike, with somebody for every case, and playable through the public doors."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from cli.demo.cast import Cast
from cli.demo.month import Month, Outcome
from cli.demo.plan import Plan, plan_of
from cli.main import app
from cli.output import take
from deploy import SERVICES
from deploy.local.processes import free_ports
from deploy.local.tokens import Bearer
from deploy.topics import Topics
from shared.events import LeadSubmitted
from tests.conftest import DatabaseOf
from tests.live.processes import fleet
from tests.live.waiting import eventually
from tests.servers import Servers
from tests.tokens import signed_token

pytestmark = pytest.mark.timeout(300)


def test_a_month_is_always_alike() -> None:
    assert plan_of(3) == plan_of(3)


def test_every_month_has_other_people() -> None:
    """By address, and by name and firm: else they would be taken for those who came before."""
    everybody = Counter(person for month in range(1, 41) for person in _people(plan_of(month)))
    assert everybody.most_common(1)[0][1] == 1


def test_a_month_is_of_a_size_that_can_be_looked_at() -> None:
    assert all(60 <= len(plan_of(month).prospects) <= 120 for month in range(1, 30))


def test_whoever_shows_interest_can_be_understood() -> None:
    for one in (*plan_of(1).prospects, *plan_of(1).echoes):
        LeadSubmitted.model_validate(one.submission)


def test_a_month_has_somebody_for_every_case() -> None:
    plan = plan_of(1)
    courses = [one.course for one in plan.prospects if one.course]
    assert {one.channel for one in plan.prospects} == {"http", "kafka", "file"}
    assert {course.ending for course in courses} == {"won", "lost", "open", "contacted", "untouched"}
    assert {course.fulfilment for course in courses} == {"placed", "shipped", "delivered", "cancelled"}
    assert {course.complaint.severity for course in courses if course.complaint} == {"low", "high", "critical"}
    assert {course.answer.kind for course in courses if course.answer} == {"csat", "nps"}
    assert sum(bool(course.promise) for course in courses) > 1


def test_without_a_stack_it_says_how_to_start_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("deploy.local.state.STACKS", tmp_path)
    monkeypatch.setenv("DEALWIRE_PORT", str(free_ports(1)[0]))
    said = CliRunner().invoke(app, ["demo"])
    assert said.exit_code == 3
    assert "make up" in said.stderr


@pytest.fixture
async def running(
    servers: Servers, database_of: DatabaseOf, topics: Topics, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[dict[str, str]]:
    """All services, where the command line will look for them."""
    for service in SERVICES:
        await database_of(service)
    with fleet(servers, tmp_path) as processes:
        urls = {service: f"http://127.0.0.1:{processes.start_service(service).port}" for service in SERVICES}
        monkeypatch.setenv("DEALWIRE_SERVICES", json.dumps(urls))
        monkeypatch.setenv("DEALWIRE_KAFKA", servers.kafka)
        await eventually(lambda: all(_is_ready(url) for url in urls.values()), within=120, what="five services that are ready")
        yield urls


async def test_a_small_month_goes_as_it_was_planned(running: dict[str, str]) -> None:
    plan = plan_of(1, size=0.25)
    outcome = await asyncio.to_thread(_play, plan)
    endings = Counter(one.course.ending for one in plan.prospects if one.course)
    assert outcome.leads["disqualified"] == len([one for one in plan.prospects if one.course is None])
    assert (outcome.sales["won"], outcome.sales["lost"]) == (endings["won"], endings["lost"])
    assert sum(outcome.sales.values()) == sum(endings.values())
    assert outcome.came["rows of the file refused"] == 2
    assert outcome.customers["cases resolved"] == 1
    with Cast(_token) as cast:
        assert len(cast.all_of("leads", "/parked")) == outcome.came["messages parked"]
        assert all(cast.all_of(service, "/parked") == [] for service in SERVICES if service != "leads")


def _play(plan: Plan) -> Outcome:
    with Cast(_token) as cast:
        month = Month(plan, cast)
        take(month.acts())
        return month.outcome


def _token(who: Bearer) -> str:
    return signed_token(subject=who.subject, roles=who.roles, teams=who.teams)


def _people(plan: Plan) -> set[str]:
    return {
        word for one in plan.prospects for word in (one.email, f"{one.name} of {one.submission.get('company', {}).get('name', one.email)}")
    }


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/ready").is_success
    except httpx.TransportError:
        return False
