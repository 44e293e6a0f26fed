"""Who sells and where leads come from: teams, reps and sources come, change and go on leave."""

from typing import Any, TypeVar

from services.leads import store
from services.leads.models import Rep, Source, Team
from services.leads.service.distribution import POOL_WAITING
from services.leads.service.policies import forget_policy
from shared.errors import Invalid, StaleVersion
from shared.history import Change
from shared.transaction import Transaction

R = TypeVar("R", Rep, Team, Source)


async def add_rep(tx: Transaction, rep: Rep) -> Rep:
    await _expect_team(tx, rep.team_id)
    await _add(tx, rep)
    await _tell(tx, rep)
    return rep


async def change_rep(tx: Transaction, rep_id: str, fields: dict[str, Any], expected_version: int | None) -> Rep:
    """Leave, return, another team: what is dealt out from now on goes by it."""
    if "team_id" in fields:
        await _expect_team(tx, fields["team_id"])
    before = await store.get_record(tx, Rep, rep_id)
    after = await _change(tx, before, fields, expected_version)
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
    await _add(tx, team)
    return team


async def change_team(tx: Transaction, team_id: str, fields: dict[str, Any], expected_version: int | None) -> Team:
    return await _change(tx, await store.get_record(tx, Team, team_id), fields, expected_version)


async def add_source(tx: Transaction, source: Source) -> Source:
    await _add(tx, source)
    forget_policy(tx.database)
    return source


async def change_source(tx: Transaction, source_id: str, fields: dict[str, Any], expected_version: int | None) -> Source:
    source = await _change(tx, await store.get_record(tx, Source, source_id), fields, expected_version)
    forget_policy(tx.database)
    return source


async def _add(tx: Transaction, record: R) -> None:
    await store.add_record(tx, record)
    tx.record(Change(of=record.noun, id=record.id, version=1, what="added", after=_shown(record)))


async def _change(tx: Transaction, record: R, fields: dict[str, Any], expected_version: int | None) -> R:
    if expected_version not in (None, record.version):
        raise StaleVersion(f"It is at version {record.version} now", field="If-Match", rule="version")
    news = {name: value for name, value in fields.items() if value != getattr(record, name)}
    if not news:
        return record
    changed = record.model_copy(update={**news, "version": record.version + 1, "updated_at": tx.now})
    await store.save_record(tx, changed)
    before = {name: getattr(record, name) for name in news}
    tx.record(Change(record.noun, record.id, changed.version, "changed", before, news))
    return changed


def _shown(record: Rep | Team | Source) -> dict[str, Any]:
    return record.model_dump(exclude={"id", "version", "created_at", "updated_at"})
