"""Who may see what."""

from collections.abc import Iterable, Mapping
from functools import partial

from services.console import store
from services.console.models import NOTHING_HIDDEN, NOUNS, Hidden, Row, Sight
from services.console.rules import hidden_from, scopes_of, without
from services.console.store import Library
from shared.database import Database
from shared.principal import Principal

SEE_ALL_FIELDS = ("admin", "manager")


async def open_library(db: Database, principal: Principal) -> Library:
    """What they may see, and nothing else."""
    generation = (await store.find_state(db))["reading"]
    hidden = await _hidden(db, generation, principal)
    return Library(db, generation, Sight(await _scopes(db, generation, principal), hidden, partial(without, hidden=hidden)))


async def _scopes(db: Database, generation: int, principal: Principal) -> Mapping[str, Row]:
    asked_for = principal.record_scope() and principal.teams
    return scopes_of(principal, await store.find_colleagues(db, generation, principal.teams) if asked_for else ())


async def _hidden(db: Database, generation: int, principal: Principal) -> Hidden:
    """Nothing from those from whom no policy can hide anything; they are not even looked up."""
    if not principal.roles.isdisjoint(SEE_ALL_FIELDS):
        return NOTHING_HIDDEN
    return hidden_from(principal.roles, await store.find_masking(db, generation))


async def watchable(library: Library, names: Iterable[str]) -> set[str]:
    """That something of a kind has changed tells nothing of anybody; of records they may follow those that they see."""
    told = set(names)
    records = {name for name in told if name.partition(":")[0] in NOUNS.values()}
    return {name for name in told if ":" not in name} | await library.find_in_sight(records)
