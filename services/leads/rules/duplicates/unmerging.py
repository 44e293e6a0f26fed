"""One lead becomes two again: each as it would be if it had never met the other, with what came later divided by whose it is."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from services.leads.models import LeadDocument, MergeDocument, Survivorship
from services.leads.rules.capture.merging import PARTS, PREFERRED, Statement, merged_parts, value_of
from shared.events.values import EARLIEST

DIVIDED = (*PARTS, "keys", "corrections", "origins", "enrichment", "provenance")
Fields = dict[str, Any]


@dataclass(slots=True)
class Division:
    """The parts of both. `kept_before` are the kept lead's parts before each later merge, by merge, now without the other.

    `moved` are the submissions that turned out to be the other's.
    """

    kept: Fields
    other: Fields
    kept_before: dict[str, Fields] = field(default_factory=dict)
    moved: list[str] = field(default_factory=list)


def divided(merge: MergeDocument, lead: LeadDocument, later: Sequence[LeadDocument], survivorship: Survivorship = PREFERRED) -> Division:
    """`later` are the submissions and leads that became part of it since, in order; a lead names its `merge_id`."""
    division = Division(dict(merge["kept"]), dict(merge["other"]))
    together = _with(dict(merge["kept"]), merge["other"], survivorship)
    for one in later:
        if "merge_id" in one:
            division.kept_before[one["merge_id"]] = {"origins": [], **parts_of(division.kept)}
        if _is_others(one, division):
            division.other = _with(division.other, one, survivorship)
            division.moved += [one["_id"]] if "merge_id" not in one else []
        else:
            division.kept = _with(division.kept, one, survivorship)
        together = _with(together, one, survivorship)
    _divide_corrections(division, lead, together)
    _divide_keys(division, lead.get("keys", []))
    _divide_answers(division, lead)
    return replace(division, kept=parts_of(division.kept), other=parts_of(division.other))


def without(
    made: LeadDocument, later: Sequence[LeadDocument], gone: Collection[str], lead: LeadDocument, survivorship: Survivorship = PREFERRED
) -> tuple[Fields, list[str]]:
    """The parts that a lead has if these submissions never came, and what stays of them because somebody has changed it since.

    `made` is the lead as it began, `later` are the submissions and leads that became part of it, in order.
    """
    bare: Fields = {"keys": [], **{part: {} for part in PARTS}}
    division, together = Division({**bare, **made}, {"_id": "", "keys": []}), {**bare, **made}
    for one in later:
        if one["_id"] in gone:
            division.other = _with(division.other, one, survivorship)
        else:
            division.kept = _with(division.kept, one, survivorship)
        together = _with(together, one, survivorship)
    brought = differences(division.kept, together)
    changed = [path for path in differences(cast(Fields, lead), together) if path in brought]
    _divide_corrections(division, lead, together)
    _divide_keys(division, lead.get("keys", []))
    _divide_answers(division, lead)
    return parts_of(division.kept), changed


def may_come_of(merge: MergeDocument, submissions: Collection[str]) -> bool:
    """Whether it was one of these submissions that told who one of the two is."""
    origins = (origin for side in (merge["kept"], merge["other"]) for origin in side.get("origins", ()))
    return any(of in submissions and path.startswith(("person.", "company.")) for path, *_, of in origins)


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """By dotted path what the two say otherwise."""
    pairs = ((part, one.get(part, {}), other.get(part, {})) for part in PARTS)
    told = {f"{part}.{name}": (ours.get(name), theirs.get(name)) for part, ours, theirs in pairs for name in ours | theirs}
    return {path: both for path, both in told.items() if both[0] != both[1]}


def parts_of(lead: Fields) -> Fields:
    return {name: lead[name] for name in DIVIDED if name in lead}


def _with(lead: Fields, contribution: Any, survivorship: Survivorship) -> Fields:
    return {**lead, **merged_parts(lead, contribution, survivorship)}


def _is_others(contribution: LeadDocument, division: Division) -> bool:
    """By the first key that either of them is known by; what nobody is known by stays."""
    known = next((key for key in contribution.get("keys", []) if key in division.kept["keys"] or key in division.other["keys"]), None)
    return known is not None and known not in division.kept["keys"]


def _divide_corrections(division: Division, lead: LeadDocument, expected: Fields) -> None:
    """What somebody put right by hand, or looked up elsewhere, goes with the value that was there before."""
    origins = Statement.of(cast(Fields, lead), EARLIEST)
    for part in PARTS:
        now, before = cast(Fields, lead).get(part, {}), expected.get(part, {})
        for name in {name for name in now.keys() | before.keys() if now.get(name) != before.get(name)}:
            side = division.other if origins.origin(f"{part}.{name}").of == division.other["_id"] else division.kept
            side[part] = _changed(side.get(part, {}), name, now.get(name))


def _divide_answers(division: Division, lead: LeadDocument) -> None:
    """What providers told since stays, and so does where a value is from, with whom it went to."""
    answers, rows = lead.get("enrichment", {}), lead.get("provenance", [])
    only_others = division.other.get("enrichment", {}).keys() - division.kept.get("enrichment", {}).keys()
    if answers:
        division.kept["enrichment"] = {provider: told for provider, told in answers.items() if provider not in only_others}
    for side in (division.kept, division.other):
        if all_rows := [*rows, *(row for row in side.get("provenance", []) if row not in rows)]:
            side["provenance"] = [row for row in all_rows if (value := value_of(side, row)) is not None and value == value_of(lead, row)]


def _changed(fields: Fields, name: str, value: Any) -> Fields:
    return {**fields, name: value} if value is not None else {other: kept for other, kept in fields.items() if other != name}


def _divide_keys(division: Division, keys: Collection[str]) -> None:
    """Each is one lead's alone; one that came from nowhere stays."""
    others = [key for key in division.other["keys"] if key in keys and key not in division.kept["keys"]]
    division.other["keys"], division.kept["keys"] = others, [key for key in keys if key not in others]
