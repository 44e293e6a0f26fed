"""Who may see what."""

from collections.abc import Iterable, Mapping

from services.console import store
from services.console.models import NOUNS, Row
from services.console.rules import scopes_of
from services.console.store import Library
from shared.database import Database
from shared.principal import Principal


async def open_library(db: Database, principal: Principal) -> Library:
    """What they may see, and nothing else."""
    generation = (await store.find_state(db))["reading"]
    return Library(db, generation, await _scopes(db, generation, principal))


async def _scopes(db: Database, generation: int, principal: Principal) -> Mapping[str, Row]:
    asked_for = principal.record_scope() and principal.teams
    return scopes_of(principal, await store.find_colleagues(db, generation, principal.teams) if asked_for else ())


async def watchable(library: Library, names: Iterable[str]) -> set[str]:
    """That something of a kind has changed tells nothing of anybody; of records they may follow those that they see."""
    told = set(names)
    records = {name for name in told if name.partition(":")[0] in NOUNS.values()}
    return {name for name in told if ":" not in name} | await library.find_in_sight(records)
