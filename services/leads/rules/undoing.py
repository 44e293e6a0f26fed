"""When a file is taken back: what of it stays, because somebody has worked with it since."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from services.leads.models import LeadDocument
from services.leads.rules.merging import FIRST_KNOWN, LAST_SAID

Row = Mapping[str, Any]
PARTS = (*FIRST_KNOWN, *LAST_SAID, "attributes")


def reason_to_keep(lead: LeadDocument, by_hand: Sequence[Row], others: int) -> str | None:
    """Why a lead that the file made does not go. `by_hand` are the changes that people made, `others` its other submissions."""
    if lead["status"] == "merged":
        return f"it has become part of {lead['merged_into']}"
    if lead.get("outcome") in ("won", "lost"):
        return f"the deal that came of it is {lead['outcome']}"
    if by_hand:
        return f"{by_hand[0]['by'].removeprefix('user:')} has {by_hand[0]['what']} it"
    return f"{others} other submissions are part of it" if others else None


def known_of(lead: LeadDocument) -> dict[str, Any]:
    """What is known of them, by dotted path."""
    parts: Mapping[str, Any] = lead
    return {f"{part}.{field}": value for part in PARTS for field, value in parts.get(part, {}).items()}


def taken_back(lead: LeadDocument, change: Row) -> list[str]:
    """Gives the lead the values from before a merge; returns the fields that somebody has changed since, which stay as they are."""
    changed_since: list[str] = []
    parts = cast(dict[str, dict[str, Any]], lead)
    for path, brought in change["after"].items():
        part, dot, field = path.partition(".")
        if not dot:
            continue
        values = parts[part]
        if values.get(field) != brought:
            changed_since.append(path)
        elif (before := change["before"].get(path)) is None:
            del values[field]
        else:
            values[field] = before
    return changed_since
