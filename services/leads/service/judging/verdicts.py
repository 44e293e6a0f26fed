"""A lead is judged by the criteria in force, and if it is good it is on its way to somebody."""

from typing import Any, Protocol

from services.leads.models import LeadDocument
from services.leads.rules.distribution.routing import Route, claimants_of
from services.leads.rules.duplicates.customers import Customers
from services.leads.rules.judging.policy import Policy
from services.leads.rules.judging.prediction import Prediction
from services.leads.rules.judging.scoring import Verdict
from services.leads.rules.judging.standing import is_at_stake, step_of
from services.leads.service.judging.failures import Failures
from shared.events import Company, Event, Interest, LeadDisqualified, LeadQualified, Person
from shared.transaction import Transaction

Said = dict[str, Any]
MOST_REASON = 300
TURN_DUE = "lead.turn_due"


class Desk(Protocol):
    """Where a lead is worked on: in a transaction, under the rules in force, with a way to send it to a pool.

    `customers` are the accounts that the leads at hand may belong to.
    """

    tx: Transaction
    policy: Policy
    customers: Customers
    failures: Failures

    def route(self, lead: LeadDocument, route: Route) -> None: ...

    def leave_to_anybody(self, lead: LeadDocument) -> None: ...


def said_of(lead: LeadDocument) -> Said:
    """The parts that most events about a lead carry."""
    return {"person": Person(**lead["person"]), "company": Company(**lead["company"]), "interest": Interest(**lead["interest"])}


def whose(lead: LeadDocument) -> Said:
    return {"owner_id": lead.get("owner_id"), "team_id": lead.get("team_id")}


def judge_lead(desk: Desk, lead: LeadDocument, said: Said, *, cause: Event | None = None, again: bool = False) -> list[str]:
    """Judges it anew and returns what came of it: `again` when nothing new is known of it but the time, or the interest it shows."""
    policy, tx = desk.policy, desk.tx
    verdict, route = policy.weigh(lead, tx.now, desk.customers)
    if verdict is None or policy.judge is None:
        return []
    step, previous = step_of(lead, verdict, again=again), lead.get("grade")
    prediction = policy.predictor.predict(lead, verdict.score, lead.get("team_id") or (route.pool_id if route else None))
    _note_verdict(desk, lead, verdict, prediction)
    expect_turn(tx, policy, lead, verdict)
    if step is None:
        return ["scored"]
    lead["version"] += 1
    steps: list[str] = [step]
    said = {**said, "reasons": [*verdict.reasons, *prediction.reasons()]}
    if step == "regraded":
        tx.emit(LeadQualified(**_verdict_said(tx, lead, said), previous_grade=previous), cause=cause)
    elif step == "disqualified":
        lead["status"], lead["reason"] = "disqualified", verdict.reason[:MOST_REASON]
        tx.emit(LeadDisqualified(**_verdict_said(tx, lead, said), reason=lead["reason"]), cause=cause)
    else:
        lead["status"], lead["qualified_at"] = "contacted" if lead["status"] == "contacted" else "qualified", tx.now
        lead.pop("reason", None)
        steps += send_to_pool(desk, lead, route)
        tx.emit(LeadQualified(**_verdict_said(tx, lead, said)), cause=cause)
    return steps


def _note_verdict(desk: Desk, lead: LeadDocument, verdict: Verdict, prediction: Prediction) -> None:
    policy = desk.policy
    assert policy.judge is not None
    lead["score"], lead["fit"], lead["grade"], lead["met"] = verdict.score, verdict.fit, verdict.grade, verdict.met
    lead["criteria_version"] = policy.judge.version
    lead["probability"] = prediction.probability
    lead.pop("broken", None)
    lead.pop("faded", None)
    if verdict.faded:
        lead["faded"] = verdict.faded
    if verdict.broken:
        lead["broken"] = verdict.broken
        desk.failures.note(policy.judge.version, verdict.broken, lead["_id"])


def expect_turn(tx: Transaction, policy: Policy, lead: LeadDocument, verdict: Verdict) -> None:
    """One timer per lead, for when time alone will change what is said of it."""
    due = policy.next_turn(lead, verdict, tx.now)
    if due is not None and is_at_stake(lead):
        tx.schedule(due, TURN_DUE, {}, key=lead["_id"])


def send_to_pool(desk: Desk, lead: LeadDocument, route: Route | None) -> list[str]:
    """Without a route it waits for somebody to claim it; with an owner it stays where it is."""
    if lead.get("owner_id") is not None:
        return []
    if route is None:
        lead.pop("pool_id", None)
        desk.leave_to_anybody(lead)
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


def _verdict_said(tx: Transaction, lead: LeadDocument, said: Said) -> Said:
    return {
        "lead_id": lead["_id"],
        "version": lead["version"],
        "source": lead["source"],
        **said,
        "score": lead["score"],
        "fit": lead["fit"],
        "engagement": lead["engagement"],
        "grade": lead["grade"],
        "probability": lead["probability"],
        "criteria_version": lead["criteria_version"],
        **whose(lead),
        "to_claim": claimants_of(lead),
        "qualified_at": tx.now,
    }
