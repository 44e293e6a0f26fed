"""A sale: its stages, what was done and promised, and how it ended. Each function reads what one event left to tell."""

from services.console.rules.telling.sentences import Names, Sentence, Told, tells
from services.console.rules.wording import called, capital, listed, money, plain, span


@tells("opportunity.withdrawn")
def _sale_withdrawn(told: Told, _: Names) -> Sentence:
    return Sentence("Opportunity withdrawn with its lead", capital(plain(told["reason"] or "")), "cross", "warn")


@tells("opportunity.returned")
def _sale_returned(told: Told, _: Names) -> Sentence:
    return Sentence(f"Given back to leads from {plain(told['stage'])}", told["reason"] or "", "deal", "warn")


@tells("opportunity.opened")
def _opened(told: Told, names: Names) -> Sentence:
    worth = money(told["amount"], told["currency"])
    detail = listed(filter(None, (told["name"], worth, told["owner_id"] and f"owner {called(told['owner_id'], names)}")))
    return Sentence("Opportunity opened", detail, "deal")


@tells("opportunity.stage_changed")
def _stage_changed(told: Told, _: Names) -> Sentence:
    spent = f"After {span(told['spent_seconds'])} in {plain(told['from_stage'])}" if told["spent_seconds"] is not None else ""
    return Sentence(f"Moved to {plain(told['stage'])}", listed(filter(None, (spent, money(told["amount"], told["currency"])))), "deal")


@tells("opportunity.stalled")
def _stalled(told: Told, _: Names) -> Sentence:
    return Sentence(f"Nothing has moved in {plain(told['stage'])}", f"For {span(told['idle_seconds'])}", "clock", "warn")


@tells("activity.logged")
def _activity(told: Told, names: Names) -> Sentence:
    effort = f", {told['effort_minutes']} min" if told["effort_minutes"] else ""
    return Sentence(capital(told["subject"] or "Activity"), f"{capital(told['kind'])} by {called(told['actor_id'], names)}{effort}", "call")


@tells("commitment.made")
def _promised(told: Told, _: Names) -> Sentence:
    return Sentence(f"{told['promisor']} promised {told['counterparty']}", told["text"] or "", "promise", moments=(("Due", told["due"]),))


@tells("commitment.kept")
def _kept(told: Told, _: Names) -> Sentence:
    return Sentence("Commitment kept", listed(filter(None, (told["text"], told["evidence"]))), "promise", "good")


@tells("commitment.missed")
def _missed(told: Told, _: Names) -> Sentence:
    return Sentence("Commitment missed", told["text"] or "", "promise", "bad", (("Was due", told["due"]),))


@tells("proposal.sent")
def _proposal(told: Told, _: Names) -> Sentence:
    return Sentence("Proposal sent", money(told["amount"], told["currency"]), "paper")


@tells("proposal.decided")
def _decided(told: Told, _: Names) -> Sentence:
    accepted = told["decision"] == "accepted"
    return Sentence(f"Proposal {told['decision']}", told["reason"] or "", "paper", "good" if accepted else "bad")


@tells("deal.closed")
def _closed(told: Told, _: Names) -> Sentence:
    won = told["outcome"] == "won"
    cost = f"{span(told['cycle_seconds'])} from opening to close, {span(told['effort_seconds'])} of work"
    expected = f"expected: {listed(told['expectations'])}" if told["expectations"] else ""
    detail = listed(filter(None, (money(told["amount"], told["currency"]), cost, expected)))
    return Sentence(f"Deal {told['outcome']}: {plain(told['reason'])}", detail, "deal", "good" if won else "bad")


@tells("deal.reopened")
def _reopened(told: Told, _: Names) -> Sentence:
    return Sentence(f"Deal reopened in {plain(told['stage'])}", plain(told["reason"] or ""), "deal", "warn")
