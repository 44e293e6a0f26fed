"""The collections of the read models. Each has a generation, so that new ones can grow beside those that pages show."""

from typing import Any

from services.console.models import Row
from shared.database import Database
from shared.indexing import Index
from shared.transaction import Transaction

CHANGES_KEPT_SECONDS = 3600
Keys = list[tuple[str, int]]
NEWEST: Keys = [("since", -1), ("_id", -1)]
MODELS: dict[str, tuple[Keys, ...]] = {
    "leads": (
        NEWEST,
        [("status", 1), *NEWEST],
        [("owner_id", 1), *NEWEST],
        [("team_id", 1), *NEWEST],
        [("source", 1), *NEWEST],
        [("score", -1), ("_id", -1)],
        [("respond_by", 1), ("_id", 1)],
        [("words", 1)],
    ),
    "opportunities": (
        [("open", 1), ("stage", 1), ("stage_since", 1), ("_id", 1)],
        [("owner_id", 1), ("open", 1), ("stage", 1)],
        [("team_id", 1), ("open", 1), ("stage", 1)],
        [("open", 1), ("closed_at", -1)],
        NEWEST,
        [("words", 1)],
    ),
    "accounts": (NEWEST, [("owner_id", 1)], [("team_id", 1)], [("words", 1)]),
    "cases": (NEWEST, [("account_id", 1)]),
    "reps": ([("email", 1)], [("team_id", 1)]),
    "stages": (),
    "links": ([("ends", 1)],),
    "policies": (),
    "timeline": ([("about", 1), ("at", -1), ("_id", -1)], [("names", 1)]),
    "forgotten": (),
    "days": ([("day", 1)],),
    "progress": (),
}


def named(model: str, generation: int) -> str:
    return f"{model}.g{generation}" if generation else model


def indexes_of(generation: int) -> list[Index]:
    indexes = [Index(named(model, generation), keys) for model, several in MODELS.items() for keys in several]
    # Few leads are overdue at a time, or wait for somebody to claim them.
    overdue = Index(named("leads", generation), [("overdue", 1), ("respond_by", 1), ("_id", 1)], partial={"overdue": True})
    return [*indexes, overdue, Index(named("leads", generation), [("to_claim", 1), *NEWEST], partial={"to_claim": {"$gte": ""}})]


INDEXES = (Index("changes", [("at", 1)], expire_after_seconds=CHANGES_KEPT_SECONDS), *indexes_of(0))


_STATE = "console"
_FIRST: Row = {"reading": 0, "building": None, "retired": None, "last": 0}


async def find_state(db: Database) -> Row:
    """Which generation is shown, which is being built, which waits to be dropped."""
    row: Row | None = await db.collection("generations").find_one({"_id": _STATE})
    return _FIRST | (row or {})


async def get_state(tx: Transaction) -> Row:
    row: Row | None = await tx.collection("generations").find_one({"_id": _STATE})
    return _FIRST | (row or {})


async def save_state(tx: Transaction, **changes: Any) -> None:
    await tx.collection("generations").update_one({"_id": _STATE}, {"$set": changes}, upsert=True)


async def find_progress(db: Database, generation: int) -> dict[str, int]:
    """The highest offset taken in, by `topic/partition`."""
    rows = await db.collection(named("progress", generation)).find().to_list(None)
    return {row["_id"]: row["offset"] for row in rows}


async def is_parked_beyond(db: Database, place: str, offset: int) -> bool:
    """Whether what stands there, or after it, was set aside instead of taken in."""
    topic, _, partition = place.rpartition("/")
    row = await db.collection("parked").find_one({"topic": topic, "partition": int(partition), "offset": {"$gte": offset}})
    return row is not None


async def drop_generation(db: Database, generation: int) -> None:
    for model in MODELS:
        await db.collection(named(model, generation)).drop()


async def add_change_of_everything(tx: Transaction, generation: int) -> None:
    await tx.collection("changes").insert_one({"at": tx.now, "generation": generation, "names": ["*"]})
