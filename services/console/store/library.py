"""Reading the read models, for pages."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from services.console.models import ADDRESS, NOUNS, Hidden, Ref, Row, Sight, ref_of
from services.console.store.generations import find_state, named
from shared.database import Database
from shared.paging import Listing, Page

MOST_TIES = 500
# The policy is of leads, and so it is called.
LEADS = "leads"
LEAD_FILTERS: Mapping[str, Any] = {"status": str, "owner_id": str, "source": str, "overdue": bool, "to_claim": str, "since": datetime}
# A lead that became part of another is seen with that one, a case with its account.
PART_OF = {"leads": ("into", "leads"), "cases": ("account_id", "accounts")}
ENTRY_SORTS = ("at",)
ENTRIES = Listing("timeline", view=Row, sorts=ENTRY_SORTS, default_sort="-at")


class Library:
    """The read models of the generation that pages show, cut to what this person may see."""

    def __init__(self, db: Database, generation: int, sight: Sight) -> None:
        self.db, self.generation, self._sight = db, generation, sight

    @property
    def sees_everything(self) -> bool:
        return not self._sight.scopes

    @property
    def hidden(self) -> Hidden:
        return self._sight.hidden

    def show(self, row: Row) -> Row:
        """As they may see it: every row that leaves here passes through this."""
        return self._sight.show(row)

    async def _read(self, found: Any) -> list[Row]:
        return [self.show(row) for row in await found.to_list(None)]

    def _model(self, name: str) -> Any:
        return self.db.collection(named(name, self.generation))

    def _within(self, kind: str, *conditions: Row) -> Row:
        every = [condition for condition in (self._sight.scopes.get(kind), *conditions) if condition]
        return {"$and": every} if every else {}

    def _with_words(self, words: Iterable[str]) -> list[Row]:
        """Rows that hold a word beginning with each of these; addresses only for who sees them. The index on words serves it."""
        ways = ("",) if "contact" in self.hidden else ("", ADDRESS)
        return [{"$or": [_beginning_with(way + word) for way in ways]} for word in words]

    async def list_leads(self, params: Mapping[str, str], words: Iterable[str]) -> Page[Row]:
        """By the most pressing answer only those are listed that wait for one."""
        listing = Listing(
            named("leads", self.generation),
            view=self.show,
            sorts=("since", "score", "respond_by"),
            default_sort="-since",
            filters=LEAD_FILTERS,
        )
        waiting = [{"respond_by": {"$ne": None}}] if params.get("sort") == "respond_by" else []
        return await listing.page(self.db, params, scope=self._within("leads", *self._with_words(words), *waiting))

    async def list_entries(self, about: Collection[Ref], params: Mapping[str, str]) -> Page[Row]:
        listing = Listing(named("timeline", self.generation), view=self.show, sorts=ENTRY_SORTS, default_sort="-at")
        return await listing.page(self.db, params, scope={"about": {"$in": sorted(about)}})

    async def find_rows(self, refs: Iterable[Ref]) -> dict[str, list[Row]]:
        """By kind, the newest first."""
        return {kind: await self._rows_of(kind, refs) for kind in NOUNS}

    async def _rows_of(self, kind: str, refs: Iterable[Ref]) -> list[Row]:
        ids = _ids_in(refs, kind)
        return await self._read(self._model(kind).find({"_id": {"$in": ids}}).sort("since", -1)) if ids else []

    async def find_in_sight(self, refs: Iterable[Ref]) -> set[Ref]:
        """Those of them that they may see, by themselves or as part of another."""
        asked = set(refs)
        if self.sees_everything:
            return asked
        wholes = await self._find_wholes(asked)
        within = await self._find_within_scope(asked | set(wholes.values()))
        return {ref for ref in asked if not within.isdisjoint(_lineage(ref, wholes))}

    async def _find_wholes(self, refs: Iterable[Ref]) -> dict[Ref, Ref]:
        """What they are part of, and what that is part of."""
        wholes, fresh = dict[Ref, Ref](), set(refs)
        while fresh:
            found = {part: whole for kind in PART_OF for part, whole in await self._wholes_of(kind, fresh)}
            fresh = set(found.values()) - wholes.keys() - found.keys()
            wholes |= found
        return wholes

    async def _wholes_of(self, kind: str, refs: Iterable[Ref]) -> list[tuple[Ref, Ref]]:
        (field, other), ids = PART_OF[kind], _ids_in(refs, kind)
        rows = await self._model(kind).find({"_id": {"$in": ids}}, {field: 1}).to_list(None) if ids else []
        return [(ref_of(kind, row["_id"]), ref_of(other, row[field])) for row in rows if row.get(field)]

    async def _find_within_scope(self, refs: Iterable[Ref]) -> set[Ref]:
        asked = {kind: ids for kind in NOUNS if (ids := _ids_in(refs, kind))}
        found = {kind: self._model(kind).find(self._within(kind, {"_id": {"$in": ids}}), {"_id": 1}) for kind, ids in asked.items()}
        return {ref_of(kind, row["_id"]) for kind, rows in found.items() for row in await rows.to_list(None)}

    async def find_ref(self, record_id: str) -> Ref | None:
        """Whatever kind of record has this id."""
        for kind in NOUNS:
            if await self._model(kind).find_one({"_id": record_id}, {"_id": 1}):
                return ref_of(kind, record_id)
        return None

    async def find_tied(self, refs: Iterable[Ref]) -> set[Ref]:
        ties = await self._model("links").find({"ends": {"$in": list(refs)}, "tied": True}, {"ends": 1}).limit(MOST_TIES).to_list(None)
        return {end for tie in ties for end in tie["ends"]}

    async def search(self, kind: str, words: Iterable[str], limit: int) -> list[Row]:
        """The newest, or, with words, the newest that hold them all."""
        return await self._read(self._model(kind).find(self._within(kind, *self._with_words(words))).sort("since", -1).limit(limit))

    async def find_names(self, ids: Iterable[str | None]) -> dict[str, str]:
        """Of reps, by id; one that was never heard of is missing."""
        wanted = sorted({rep_id for rep_id in ids if rep_id})
        rows = await self._model("reps").find({"_id": {"$in": wanted}}, {"name": 1}).to_list(None)
        return {row["_id"]: row["name"] for row in rows}

    async def list_reps(self) -> list[Row]:
        rows: list[Row] = await self._model("reps").find({}, {"name": 1, "team_id": 1}).sort("name", 1).limit(500).to_list(None)
        return rows

    async def list_sources(self) -> list[str]:
        return sorted(source for source in await self._model("leads").distinct("source") if source)

    async def list_stages(self) -> list[str]:
        """In the order of a sale."""
        rows = await self._model("stages").find().sort([("percent", 1), ("since", 1)]).to_list(None)
        return [row["_id"] for row in rows]

    async def sum_stages(self) -> list[Row]:
        """Per stage and currency how many sales are open, and what they are worth: `stage`, `currency`, `count`, `amount`."""
        return await self._sum({"open": True})

    async def sum_won(self, since: datetime) -> list[Row]:
        return await self._sum({"open": False, "closed_at": {"$gte": since}, "outcome": "won"})

    async def _sum(self, condition: Row) -> list[Row]:
        group = {"_id": {"stage": "$stage", "currency": "$currency"}, "count": {"$sum": 1}, "amount": {"$sum": "$amount"}}
        found = (
            await self._model("opportunities")
            .aggregate([{"$match": self._within("opportunities", condition)}, {"$group": group}])
            .to_list(None)
        )
        return [{"stage": None, "currency": None, **row.pop("_id"), **row} for row in found]

    async def list_open_sales(self, stage: str | None, limit: int) -> list[Row]:
        """Those that have been longest in their stage first."""
        condition: Row = {"open": True, **({"stage": stage} if stage else {})}
        found = (
            self._model("opportunities").find(self._within("opportunities", condition)).sort([("stage_since", 1), ("_id", 1)]).limit(limit)
        )
        return await self._read(found)

    async def list_closed_sales(self, limit: int) -> list[Row]:
        found = self._model("opportunities").find(self._within("opportunities", {"open": False})).sort("closed_at", -1).limit(limit)
        return await self._read(found)

    async def list_urgent_leads(self, limit: int) -> list[Row]:
        """Those that wait for a first answer, the most pressing first."""
        found = self._model("leads").find(self._within("leads", {"respond_by": {"$ne": None}})).sort("respond_by", 1).limit(limit)
        return await self._read(found)

    async def count_leads(self, condition: Row) -> int:
        return int(await self._model("leads").count_documents(self._within("leads", condition)))

    async def count_days(self, since: str) -> dict[str, Row]:
        """What was counted per day, over all customers."""
        rows = await self._model("days").find({"day": {"$gte": since}}).to_list(None)
        days: dict[str, Row] = {}
        for row in rows:
            day = days.setdefault(row["day"], {})
            for name, value in row.items():
                if name not in ("_id", "day"):
                    day[name] = day.get(name, 0) + value
        return days


async def find_colleagues(db: Database, generation: int, teams: Iterable[str]) -> list[str]:
    rows = await db.collection(named("reps", generation)).find({"team_id": {"$in": list(teams)}}, {"_id": 1}).to_list(None)
    return [row["_id"] for row in rows]


async def find_masking(db: Database, generation: int) -> Mapping[str, list[str]]:
    """By role the groups of fields that it does not see."""
    row: Row | None = await db.collection(named("policies", generation)).find_one({"_id": LEADS})
    return row["hidden"] if row else {}


async def find_rep_by_email(db: Database, email: str) -> Row | None:
    state = await find_state(db)
    row: Row | None = await db.collection(named("reps", state["reading"])).find_one({"email": email.casefold()})
    return row


def _beginning_with(word: str) -> Row:
    return {"words": {"$elemMatch": {"$gte": word, "$lt": word + "\U0010ffff"}}}


def _lineage(ref: Ref, wholes: Mapping[Ref, Ref]) -> list[Ref]:
    """With all that it is part of."""
    line = [ref]
    while (whole := wholes.get(line[-1])) is not None and whole not in line:
        line.append(whole)
    return line


def _ids_in(refs: Iterable[Ref], kind: str) -> list[str]:
    return [ref.partition(":")[2] for ref in refs if ref.startswith(f"{NOUNS[kind]}:")]
