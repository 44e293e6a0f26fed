"""Two leads become one: which of them stays, what it takes over of the other's sale, and when somebody has to be asked."""

from typing import Any

from services.leads.models import LeadDocument
from services.leads.rules.judging.engagement import joined

Fields = dict[str, Any]
# What belongs together moves, and comes back, together.
_JUDGED = ("score", "fit", "engagement", "grade", "probability", "criteria_version", "met", "broken", "faded")
VERDICT = ("status", "reason", "by_hand", "returned_at", "qualified_at", *_JUDGED)
_ROUTE = ("pool_id", "team_id", "territory_id", "rule", "demands", "respond_within")
ASSIGNMENT = (*_ROUTE, "owner_id", "previous_owner_id", "dealing", "assigned_at", "respond_by", "reroutes", "escalated")
CONTACT = ("contacted_at",)
SALE = ("outcome", "opportunity_id", "deal_version", "closed_at", "stood")
INTEREST = ("last_engaged_at", "engaged")
HEARD = ("last_submitted_at",)
GROUPS = (VERDICT, ASSIGNMENT, CONTACT, SALE, INTEREST, HEARD)
_STANDING = {"merged": 0, "disqualified": 1, "captured": 2, "qualified": 3, "contacted": 4}
_ENDED = ("won", "lost")


def kept_of(one: LeadDocument, other: LeadDocument) -> tuple[LeadDocument, LeadDocument]:
    """The one that stays and the one that goes: whom somebody sells to stays, else the older."""
    older, newer = sorted((one, other), key=lambda lead: (lead["created_at"], lead["_id"]))
    return (newer, older) if is_sold_to(newer) and not is_sold_to(older) else (older, newer)


def is_sold_to(lead: LeadDocument) -> bool:
    """Every qualified lead opens an opportunity, whether it has been heard of yet or not."""
    return lead["status"] in ("qualified", "contacted") or "outcome" in lead


def is_good(lead: LeadDocument) -> bool:
    """Whether it was qualified, and is no less since; one that was contacted before any verdict was not."""
    return lead["status"] in ("qualified", "contacted") and "qualified_at" in lead


def is_worked_on(lead: LeadDocument) -> bool:
    """By a person: an opportunity alone is opened by nobody's hand."""
    return "contacted_at" in lead or lead.get("outcome") in _ENDED


def why_ask(one: LeadDocument, other: LeadDocument) -> str:
    """Why these two are not merged without anybody being asked; empty if nothing speaks against it."""
    if is_worked_on(one) and is_worked_on(other):
        return "both are being sold to already"
    if any(lead["status"] == "disqualified" and "by_hand" in lead for lead in (one, other)):
        return "somebody disqualified one of them"
    return ""


def taken_over(kept: LeadDocument, other: LeadDocument) -> Fields:
    """The fields that the kept lead takes from the other: what it has not got itself, or what is further on.

    Of a group all: what the other has not, the kept one has no more (None).
    """
    ahead = _STANDING[other["status"]] > _STANDING[kept["status"]]
    taken = _all_of(other, VERDICT) if ahead else {}
    if other.get("owner_id") is not None and (kept.get("owner_id") is None or is_worked_on(other) and not is_worked_on(kept)):
        taken |= _all_of(other, ASSIGNMENT)
    for group in (CONTACT, SALE):
        if group[0] not in kept and group[0] in other:
            taken |= _all_of(other, group)
    return taken | _heard(kept, other)


def _heard(kept: LeadDocument, other: LeadDocument) -> Fields:
    """The interest that both have shown, and when either submitted something last."""
    heard: Fields = {}
    if engaged := joined(kept.get("engaged"), other.get("engaged")):
        heard["engaged"] = engaged
        heard["last_engaged_at"] = max(lead["last_engaged_at"] for lead in (kept, other) if "last_engaged_at" in lead)
    submitted = max(lead.get("last_submitted_at", lead["created_at"]) for lead in (kept, other))
    return heard | ({"last_submitted_at": submitted} if submitted > kept["created_at"] else {})


def given_back(now: LeadDocument, merged: Fields, before: LeadDocument) -> Fields:
    """What a lead goes back to when the other leaves it: as `before`, but for what was changed since it was as `merged`."""
    restored: Fields = {}
    for group in GROUPS:
        untouched = _of(now, group) == _of(merged, group)
        restored |= _all_of(before if untouched else now, group)
    return restored


def state_of(lead: LeadDocument) -> Fields:
    """All that can be given back."""
    return {name: value for group in GROUPS for name, value in _of(lead, group).items()}


def _all_of(lead: LeadDocument, group: tuple[str, ...]) -> Fields:
    return {name: lead.get(name) for name in group}


def _of(lead: Any, group: tuple[str, ...]) -> Fields:
    return {name: lead[name] for name in group if name in lead}
