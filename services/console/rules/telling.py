"""A timeline's entries as sentences. Each function reads what one event left to tell."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from services.console.models import Row
from services.console.rules.wording import called, capital, listed, money, plain, span

Tone = Literal["plain", "good", "bad", "warn"]
Names = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sentence:
    """`icon` and `tone` for the eye; `moments` are times with what they are, which the browser shows in the reader's zone."""

    title: str
    detail: str = ""
    icon: str = "dot"
    tone: Tone = "plain"
    moments: tuple[tuple[str, datetime | None], ...] = ()
    reasons: list[Row] = field(default_factory=list)


class _Told(dict[str, Any]):
    """What is not there was never said, or was erased."""

    def __missing__(self, name: str) -> Any:
        return None


Teller = Callable[[_Told, Names], Sentence]
_TELLERS: dict[str, Teller] = {}


def tell(entry: Row, names: Names) -> Sentence:
    """In words; an entry whose words were erased keeps its title."""
    teller = _TELLERS.get(entry["topic"])
    if teller is None or not entry["told"]:
        return Sentence(capital(entry["topic"].replace(".", " ").replace("_", " ")))
    return teller(_Told(entry["told"]), names)


def people_in(entry: Row) -> set[str]:
    """The reps whose names it takes to tell this."""
    return {entry["told"][name] for name in ("owner_id", "previous_owner_id", "actor_id") if entry["told"].get(name)}


def tells(topic: str) -> Callable[[Teller], Teller]:
    def register(teller: Teller) -> Teller:
        _TELLERS[topic] = teller
        return teller

    return register


@tells("lead.captured")
def _captured(told: _Told, _: Names) -> Sentence:
    about = [told["product"] and f"Interested in {told['product']}", told["campaign"] and f"campaign {told['campaign']}"]
    return Sentence(f"Lead captured from {plain(told['source'])}", capital(listed(filter(None, about))), "lead")


@tells("lead.merged")
def _merged(told: _Told, _: Names) -> Sentence:
    title = "Another lead was merged into this one" if told["lead_id"] else "Another submission of the same person was merged"
    return Sentence(title, f"Matched by {plain(told['rule'])}" + (f" on {listed(told['fields'])}" if told["fields"] else ""), "link")


@tells("lead.unmerged")
def _unmerged(told: _Told, _: Names) -> Sentence:
    if told["lead_id"]:
        return Sentence("A merge was undone", "The two leads are two again", "link", "warn")
    return Sentence("What a file had added was taken out again", f"{told['submissions']} of its rows", "link", "warn")


@tells("lead.withdrawn")
def _withdrawn(told: _Told, _: Names) -> Sentence:
    return Sentence("Lead withdrawn", capital(plain(told["reason"] or "")), "cross", "warn")


@tells("opportunity.withdrawn")
def _sale_withdrawn(told: _Told, _: Names) -> Sentence:
    return Sentence("Opportunity withdrawn with its lead", capital(plain(told["reason"] or "")), "cross", "warn")


@tells("lead.enriched")
def _enriched(told: _Told, _: Names) -> Sentence:
    return Sentence(f"Enriched by {told['provider']}", icon="lead")


@tells("lead.qualified")
def _qualified(told: _Told, _: Names) -> Sentence:
    return Sentence("Qualified", _score(told), "check", "good", reasons=told["reasons"] or [])


@tells("lead.disqualified")
def _disqualified(told: _Told, _: Names) -> Sentence:
    return Sentence(f"Disqualified: {plain(told['reason'])}", _score(told), "cross", "bad", reasons=told["reasons"] or [])


def _score(told: _Told) -> str:
    return f"Score {told['score']}, grade {told['grade']}, by criteria version {told['criteria']}"


@tells("lead.assigned")
def _assigned(told: _Told, names: Names) -> Sentence:
    before = f" instead of {called(told['previous_owner_id'], names)}" if told["previous_owner_id"] else ""
    why = f"Rule “{told['rule']}”: {told['reason']}"
    return Sentence(f"Assigned to {called(told['owner_id'], names)}{before}", why, "person", moments=(("Answer by", told["respond_by"]),))


@tells("lead.contacted")
def _contacted(told: _Told, names: Names) -> Sentence:
    by = f" by {plain(told['channel'])}" if told["channel"] else ""
    after = f"{span(told['response_seconds'])} after the assignment" if told["response_seconds"] is not None else ""
    return Sentence(f"{called(told['actor_id'], names)} made contact{by}", after, "call", "good")


@tells("lead.response_overdue")
def _response_overdue(told: _Told, names: Names) -> Sentence:
    return Sentence(f"{called(told['owner_id'], names)} did not answer in time", "", "clock", "bad", (("Was due", told["respond_by"]),))


@tells("lead.response_due")
def _response_due(told: _Told, names: Names) -> Sentence:
    return Sentence(f"{called(told['owner_id'], names)} was reminded to answer", "", "clock", "warn", (("Due", told["respond_by"]),))


@tells("lead.returned")
def _lead_returned(told: _Told, names: Names) -> Sentence:
    return Sentence(f"Given back by {called(told['owner_id'], names)}", told["reason"] or "", "lead", "warn")


@tells("opportunity.returned")
def _sale_returned(told: _Told, _: Names) -> Sentence:
    return Sentence(f"Given back to leads from {plain(told['stage'])}", told["reason"] or "", "deal", "warn")


@tells("consent.given")
def _consented(told: _Told, _: Names) -> Sentence:
    return Sentence(
        f"Agreed to {plain(told['purpose'])}", f"Confirmed by the link in a mail, from {plain(told['source'])}", "check", "good"
    )


@tells("opportunity.opened")
def _opened(told: _Told, names: Names) -> Sentence:
    worth = money(told["amount"], told["currency"])
    detail = listed(filter(None, (told["name"], worth, told["owner_id"] and f"owner {called(told['owner_id'], names)}")))
    return Sentence("Opportunity opened", detail, "deal")


@tells("opportunity.stage_changed")
def _stage_changed(told: _Told, _: Names) -> Sentence:
    spent = f"After {span(told['spent_seconds'])} in {plain(told['from_stage'])}" if told["spent_seconds"] is not None else ""
    return Sentence(f"Moved to {plain(told['stage'])}", listed(filter(None, (spent, money(told["amount"], told["currency"])))), "deal")


@tells("opportunity.stalled")
def _stalled(told: _Told, _: Names) -> Sentence:
    return Sentence(f"Nothing has moved in {plain(told['stage'])}", f"For {span(told['idle_seconds'])}", "clock", "warn")


@tells("activity.logged")
def _activity(told: _Told, names: Names) -> Sentence:
    effort = f", {told['effort_minutes']} min" if told["effort_minutes"] else ""
    return Sentence(capital(told["subject"] or "Activity"), f"{capital(told['kind'])} by {called(told['actor_id'], names)}{effort}", "call")


@tells("commitment.made")
def _promised(told: _Told, _: Names) -> Sentence:
    return Sentence(f"{told['promisor']} promised {told['counterparty']}", told["text"] or "", "promise", moments=(("Due", told["due"]),))


@tells("commitment.kept")
def _kept(told: _Told, _: Names) -> Sentence:
    return Sentence("Commitment kept", listed(filter(None, (told["text"], told["evidence"]))), "promise", "good")


@tells("commitment.missed")
def _missed(told: _Told, _: Names) -> Sentence:
    return Sentence("Commitment missed", told["text"] or "", "promise", "bad", (("Was due", told["due"]),))


@tells("proposal.sent")
def _proposal(told: _Told, _: Names) -> Sentence:
    return Sentence("Proposal sent", money(told["amount"], told["currency"]), "paper")


@tells("proposal.decided")
def _decided(told: _Told, _: Names) -> Sentence:
    accepted = told["decision"] == "accepted"
    return Sentence(f"Proposal {told['decision']}", told["reason"] or "", "paper", "good" if accepted else "bad")


@tells("deal.closed")
def _closed(told: _Told, _: Names) -> Sentence:
    won = told["outcome"] == "won"
    cost = f"{span(told['cycle_seconds'])} from opening to close, {span(told['effort_seconds'])} of work"
    expected = f"expected: {listed(told['expectations'])}" if told["expectations"] else ""
    detail = listed(filter(None, (money(told["amount"], told["currency"]), cost, expected)))
    return Sentence(f"Deal {told['outcome']}: {plain(told['reason'])}", detail, "deal", "good" if won else "bad")


@tells("deal.reopened")
def _reopened(told: _Told, _: Names) -> Sentence:
    return Sentence(f"Deal reopened in {plain(told['stage'])}", plain(told["reason"] or ""), "deal", "warn")


@tells("account.opened")
def _account(told: _Told, _: Names) -> Sentence:
    return Sentence(f"Account opened: {told['name']}", icon="account", tone="good")


@tells("account.changed")
def _account_changed(told: _Told, _: Names) -> Sentence:
    return Sentence("Account changed", capital(plain(listed(told["changed"]))), "account")


@tells("order.fulfilled")
def _fulfilled(told: _Told, _: Names) -> Sentence:
    what = listed(filter(None, (listed(told["products"]), money(told["amount"], told["currency"]))))
    return Sentence(f"Order {told['order_id']} delivered", what, "box", "good")


@tells("follow_up.due")
def _follow_up(told: _Told, _: Names) -> Sentence:
    return Sentence(f"Follow up: {told['subject']}", "", "clock", moments=(("Due", told["due"]),))


@tells("survey.requested")
def _survey(told: _Told, _: Names) -> Sentence:
    return Sentence(f"Survey sent ({str(told['kind']).upper()})", plain(told["about"] or ""), "star")


@tells("satisfaction.recorded")
def _satisfaction(told: _Told, _: Names) -> Sentence:
    missed = told["against"] == "missed"
    against = {"none_recorded": ""}.get(told["against"], f", expectations {told['against']}")
    return Sentence(f"Satisfaction {told['score']} of 100{against}", told["comment"] or "", "star", "bad" if missed else "good")


@tells("case.opened")
def _case(told: _Told, _: Names) -> Sentence:
    tone: Tone = "bad" if told["severity"] in ("high", "critical") else "warn"
    return Sentence(f"Case: {told['subject']}", f"{capital(told['severity'])}, by {told['channel']}. {told['body'] or ''}", "case", tone)


@tells("case.resolved")
def _resolved(told: _Told, _: Names) -> Sentence:
    return Sentence(f"Case resolved after {span(told['open_seconds'])}", told["resolution"] or "", "case", "good")


@tells("case.overdue")
def _case_overdue(told: _Told, _: Names) -> Sentence:
    return Sentence("Case not answered in time", capital(told["severity"] or ""), "clock", "bad", (("Was due", told["respond_by"]),))


@tells("account.at_risk")
def _at_risk(told: _Told, _: Names) -> Sentence:
    return Sentence(f"Account at risk: health {told['health']}", capital(listed(told["because"])), "account", "bad")


@tells("renewal.due")
def _renewal(told: _Told, _: Names) -> Sentence:
    return Sentence("Renewal due", money(told["amount"], told["currency"]), "clock", moments=(("Ends", told["ends_at"]),))
