"""Who sells: teams, reps and territories come, change and go on leave."""

from collections.abc import Iterable
from typing import Any

from services.leads import store
from services.leads.models import Rep, Team, Territory
from services.leads.rules.distribution.territories import has_cycle
from services.leads.service.distribution.pools import POOL_WAITING, move_load
from services.leads.service.policies import forget_policy
from services.leads.service.records import add_record, change_record, with_fields
from shared.errors import Invalid
from shared.transaction import Transaction

MOST_TERRITORIES = 5_000


async def add_rep(tx: Transaction, rep: Rep) -> Rep:
    await _expect_team(tx, rep.team_id)
    await _expect_stand_ins(tx, rep)
    await add_record(tx, rep)
    await _tell(tx, rep)
    return rep


async def change_rep(tx: Transaction, rep_id: str, fields: dict[str, Any], expected_version: int | None) -> Rep:
    """Leave, return, another team, other hours: what is dealt out from now on goes by it."""
    if "team_id" in fields:
        await _expect_team(tx, fields["team_id"])
    before = await store.get_record(tx, Rep, rep_id)
    after = await change_record(tx, before, with_fields(before, fields), expected_version)
    if after is not before:
        await _expect_stand_ins(tx, after)
        await _tell(tx, after, former_team_id=before.team_id)
        if after.team_id != before.team_id:
            await move_load(tx, rep_id, to=after.team_id)
    return after


async def _tell(tx: Transaction, rep: Rep, former_team_id: str | None = None) -> None:
    """The pools are touched, so that a deal going on at this moment is done again with who is there now."""
    tx.emit(rep.changed())
    forget_policy(tx.database)
    pools = await store.find_pools(tx, {rep.team_id, former_team_id or rep.team_id})
    await store.save_pools(tx, pools.values())
    if rep.takes_leads:
        tx.schedule(tx.now, POOL_WAITING, {}, key=rep.team_id)


async def _expect_team(tx: Transaction, team_id: str, field: str = "team_id") -> None:
    if not await store.has_record(tx, Team, team_id):
        raise Invalid(f"There is no team {team_id}", field=field, rule="exists")


async def _expect_stand_ins(tx: Transaction, rep: Rep) -> None:
    named = {leave.stand_in for leave in rep.leave if leave.stand_in}
    if rep.id in named:
        raise Invalid(f"{rep.id} can't stand in for themselves", field="leave.stand_in", rule="other_rep")
    await _expect_members(tx, named, rep.team_id, "leave.stand_in")


async def _expect_members(tx: Transaction, rep_ids: Iterable[str], team_id: str, field: str) -> None:
    named = set(rep_ids)
    reps = await store.find_reps(tx, named) if named else {}
    strangers = sorted(rep_id for rep_id in named if rep_id not in reps or reps[rep_id].team_id != team_id)
    if strangers:
        raise Invalid(f"Of the team {team_id} is not: {', '.join(strangers)}", field=field, rule="same_team")


async def add_team(tx: Transaction, team: Team) -> Team:
    await add_record(tx, team)
    await _keep_hours(tx, team)
    return team


async def change_team(tx: Transaction, team_id: str, fields: dict[str, Any], expected_version: int | None) -> Team:
    before = await store.get_record(tx, Team, team_id)
    after = await change_record(tx, before, with_fields(before, fields), expected_version)
    if after.hours != before.hours:
        await _keep_hours(tx, after)
    return after


async def _keep_hours(tx: Transaction, team: Team) -> None:
    """With the pool, which is read whenever leads are dealt out."""
    pool = (await store.find_pools(tx, [team.id]))[team.id]
    await store.save_pools(tx, [pool.model_copy(update={"hours": team.hours})])
    tx.schedule(tx.now, POOL_WAITING, {}, key=team.id)


async def add_territory(tx: Transaction, territory: Territory) -> Territory:
    await _expect_ground(tx, territory)
    await add_record(tx, territory)
    forget_policy(tx.database)
    return territory


async def change_territory(tx: Transaction, territory_id: str, fields: dict[str, Any], expected_version: int | None) -> Territory:
    """Leads that come from now on go by it."""
    before = await store.get_record(tx, Territory, territory_id)
    after = await change_record(tx, before, with_fields(before, fields), expected_version)
    if after is not before:
        await _expect_ground(tx, after)
        forget_policy(tx.database)
    return after


async def _expect_ground(tx: Transaction, territory: Territory) -> None:
    known = await store.find_territories(tx)
    parents = {one.id: one.parent_id for one in known}
    if len(known) > MOST_TERRITORIES:
        raise Invalid(f"There may be {MOST_TERRITORIES} territories at most", field="id", rule="too_many")
    if territory.parent_id is not None and territory.parent_id not in parents:
        raise Invalid(f"There is no territory {territory.parent_id}", field="parent_id", rule="exists")
    if has_cycle(territory, parents):
        raise Invalid(f"{territory.id} would be within itself", field="parent_id", rule="tree")
    if territory.team_id is not None:
        await _expect_team(tx, territory.team_id)
        await _expect_members(tx, territory.rep_ids, territory.team_id, "rep_ids")
    elif territory.rep_ids:
        raise Invalid("Reps take leads as part of a team; name it", field="team_id", rule="required")
