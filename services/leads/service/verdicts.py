"""A lead is judged by the criteria in force, and if it is good it is on its way to somebody."""

from typing import Any, Protocol

from services.leads.models import LeadDocument
from services.leads.rules.customers import Customers
from services.leads.rules.policy import Policy
from services.leads.rules.routing import Route
from services.leads.rules.scoring import Verdict
from shared.events import Company, Event, Interest, LeadDisqualified, LeadQualified, Person
from shared.transaction import Transaction

Said = dict[str, Any]
MOST_REASON = 300


class Desk(Protocol):
    """Where a lead is worked on: in a transaction, under the rules in force, with a way to send it to a pool.

    `customers` are the accounts that the leads at hand may belong to.
    """

    tx: Transaction
    policy: Policy
    customers: Customers

    def route(self, lead: LeadDocument, route: Route) -> None: ...


def said_of(lead: LeadDocument) -> Said:
    """The parts that most events about a lead carry."""
    return {"person": Person(**lead["person"]), "company": Company(**lead["company"]), "interest": Interest(**lead["interest"])}


def judge_lead(desk: Desk, lead: LeadDocument, said: Said, *, cause: Event | None = None) -> list[str]:
    """Judges it anew and returns what came of it. What a person decided, and what was good before, stays."""
    verdict, route = desk.policy.weigh(lead, desk.customers)
    if verdict is None or desk.policy.judge is None:
        return []
    lead["score"], lead["grade"], lead["criteria_version"] = verdict.score, verdict.grade, desk.policy.judge.version
    lead["met"] = verdict.met
    lead.pop("broken", None)
    if verdict.broken:
        lead["broken"] = verdict.broken
    if not _is_news(lead, verdict):
        return ["scored"]
    lead["version"] += 1
    if not verdict.qualified:
        lead["status"], lead["reason"] = "disqualified", verdict.reason[:MOST_REASON]
        desk.tx.emit(LeadDisqualified(**_verdict_said(desk.tx, lead, said, verdict), reason=lead["reason"]), cause=cause)
        return ["disqualified"]
    lead["status"], lead["qualified_at"] = "qualified", desk.tx.now
    lead.pop("reason", None)
    steps = ["qualified", *send_to_pool(desk, lead, route)]
    desk.tx.emit(LeadQualified(**_verdict_said(desk.tx, lead, said, verdict)), cause=cause)
    return steps


def _is_news(lead: LeadDocument, verdict: Verdict) -> bool:
    if "by_hand" in lead:
        return False
    return lead["status"] == "captured" or (lead["status"] == "disqualified" and verdict.qualified)


def send_to_pool(desk: Desk, lead: LeadDocument, route: Route | None) -> list[str]:
    """Without a route it waits for somebody to claim it; with an owner it stays where it is."""
    if lead.get("owner_id") is not None:
        return []
    if route is None:
        return ["unrouted"]
    lead["pool_id"] = lead["team_id"] = route.pool_id
    lead["rule"], lead["respond_within"] = route.rule.name, route.rule.respond_within_seconds
    if route.demands:
        lead["demands"] = route.demands
    elif "demands" in lead:
        del lead["demands"]
    if route.territory_id:
        lead["territory_id"] = route.territory_id
    desk.route(lead, route)
    return ["routed"]


def _verdict_said(tx: Transaction, lead: LeadDocument, said: Said, verdict: Verdict) -> Said:
    return {
        "lead_id": lead["_id"],
        "version": lead["version"],
        "source": lead["source"],
        **said,
        "score": verdict.score,
        "grade": verdict.grade,
        "criteria_version": lead["criteria_version"],
        "reasons": verdict.reasons,
        "owner_id": lead.get("owner_id"),
        "team_id": lead.get("team_id"),
        "qualified_at": tx.now,
    }
