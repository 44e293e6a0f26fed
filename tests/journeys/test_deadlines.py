"""What nobody does in time is noticed, goes elsewhere, and those who should know are told."""

from datetime import datetime, timedelta

from shared.events import CommitmentMissed, LeadAssigned, LeadResponseOverdue
from tests.journeys.people import answered, lead_of, only, seller_of, submit
from tests.journeys.world import Document, World


async def test_a_lead_that_is_not_answered_in_time_goes_to_somebody_else_and_the_manager_is_told(world: World) -> None:
    await _managed_by(world, "max")
    fate = await submit(world)
    slow = await lead_of(world, fate)
    await world.pass_time("leads", _deadline(slow))

    lead, sale = await lead_of(world, fate), await only(world, "opportunities", "/opportunities")
    assert lead["owner_id"] not in (None, slow["owner_id"])
    assert (sale["owner_id"], sale["team_id"]) == (lead["owner_id"], lead["team_id"])
    (overdue,) = world.told(LeadResponseOverdue)
    assert overdue.owner_id == slow["owner_id"]
    assert "lead.response_overdue" in await _told(world, "max", "manager")
    assert await _told(world, lead["owner_id"]) == ["lead.assigned"]
    assert sorted(await _told(world, slow["owner_id"])) == ["lead.assigned", "lead.assigned", "lead.response_overdue"]


async def test_a_lead_that_was_answered_stays_where_it_is(world: World) -> None:
    fate = await submit(world)
    lead = await lead_of(world, fate)
    await answered(world, lead)
    await world.pass_time("leads", _deadline(lead))
    assert (await lead_of(world, fate))["owner_id"] == lead["owner_id"]
    assert world.told(LeadResponseOverdue) == []


async def test_a_lead_does_not_go_round_for_ever(world: World) -> None:
    fate = await submit(world)
    for _ in range(8):
        await world.pass_time("leads", _deadline(await lead_of(world, fate)))
    assert len(world.told(LeadAssigned)) == 4
    assert (await lead_of(world, fate))["owner_id"] is not None


async def test_a_promise_that_is_not_kept_is_noticed_and_its_maker_is_told(world: World) -> None:
    lead = await lead_of(world, await submit(world))
    sale = await only(world, "opportunities", "/opportunities")
    due = datetime.fromisoformat(sale["opened_at"]) + timedelta(days=1)
    promise = {"promisor": "us", "counterparty": "Ada", "text": "send the list", "due": due.isoformat()}
    await world.post("opportunities", f"/opportunities/{sale['id']}/commitments", promise, expect=201, **seller_of(lead))
    await world.pass_time("opportunities", due)
    assert len(world.told(CommitmentMissed)) == 1
    assert "commitment.missed" in await _told(world, lead["owner_id"])


async def _managed_by(world: World, manager: str) -> None:
    for rep in await world.items("leads", "/reps"):
        await world.ask("PATCH", "leads", f"/reps/{rep['id']}", {"manager_id": manager})
    await world.carry()


async def _told(world: World, person: str, role: str = "rep") -> list[str]:
    return [one["kind"] for one in await world.items("notifications", "/notifications", subject=person, roles={role})]


def _deadline(lead: Document) -> datetime:
    return datetime.fromisoformat(lead["respond_by"]) + timedelta(seconds=1)
