"""Who sells: teams and reps come, change and go on leave."""

from typing import Any

from services.leads import store
from services.leads.models import Rep, Team
from services.leads.service.distribution import POOL_WAITING
from services.leads.service.records import add_record, change_record, with_fields
from shared.errors import Invalid
from shared.transaction import Transaction


async def add_rep(tx: Transaction, rep: Rep) -> Rep:
    await _expect_team(tx, rep.team_id)
    await add_record(tx, rep)
    await _tell(tx, rep)
    return rep


async def change_rep(tx: Transaction, rep_id: str, fields: dict[str, Any], expected_version: int | None) -> Rep:
    """Leave, return, another team: what is dealt out from now on goes by it."""
    if "team_id" in fields:
        await _expect_team(tx, fields["team_id"])
    before = await store.get_record(tx, Rep, rep_id)
    after = await change_record(tx, before, with_fields(before, fields), expected_version)
    if after is not before:
        await _tell(tx, after, former_team_id=before.team_id)
    return after


async def _tell(tx: Transaction, rep: Rep, former_team_id: str | None = None) -> None:
    """The pools are touched, so that a deal going on at this moment is done again with who is there now."""
    tx.emit(rep.changed())
    pools = await store.find_pools(tx, {rep.team_id, former_team_id or rep.team_id})
    await store.save_pools(tx, pools.values())
    if rep.takes_leads:
        tx.schedule(tx.now, POOL_WAITING, {}, key=rep.team_id)


async def _expect_team(tx: Transaction, team_id: str) -> None:
    if await store.find_record(tx, Team, team_id) is None:
        raise Invalid(f"There is no team {team_id}", field="team_id", rule="exists")


async def add_team(tx: Transaction, team: Team) -> Team:
    return await add_record(tx, team)


async def change_team(tx: Transaction, team_id: str, fields: dict[str, Any], expected_version: int | None) -> Team:
    before = await store.get_record(tx, Team, team_id)
    return await change_record(tx, before, with_fields(before, fields), expected_version)
