"""How a lead came, what was thought of it, and who has it. Each function reads what one event left to tell."""

from services.console.rules.telling.sentences import Names, Sentence, Told, tells
from services.console.rules.wording import called, capital, listed, plain, span


@tells("lead.captured")
def _captured(told: Told, _: Names) -> Sentence:
    about = [told["product"] and f"Interested in {told['product']}", told["campaign"] and f"campaign {told['campaign']}"]
    return Sentence(f"Lead captured from {plain(told['source'])}", capital(listed(filter(None, about))), "lead")


@tells("lead.merged")
def _merged(told: Told, _: Names) -> Sentence:
    title = "Another lead was merged into this one" if told["lead_id"] else "Another submission of the same person was merged"
    return Sentence(title, f"Matched by {plain(told['rule'])}" + (f" on {listed(told['fields'])}" if told["fields"] else ""), "link")


@tells("lead.unmerged")
def _unmerged(told: Told, _: Names) -> Sentence:
    if told["lead_id"]:
        return Sentence("A merge was undone", "The two leads are two again", "link", "warn")
    return Sentence("What a file had added was taken out again", f"{told['submissions']} of its rows", "link", "warn")


@tells("lead.withdrawn")
def _withdrawn(told: Told, _: Names) -> Sentence:
    return Sentence("Lead withdrawn", capital(plain(told["reason"] or "")), "cross", "warn")


@tells("lead.enriched")
def _enriched(told: Told, _: Names) -> Sentence:
    return Sentence(f"Enriched by {told['provider']}", icon="lead")


@tells("lead.qualified")
def _qualified(told: Told, _: Names) -> Sentence:
    return Sentence("Qualified", _score(told), "check", "good", reasons=told["reasons"] or [])


@tells("lead.disqualified")
def _disqualified(told: Told, _: Names) -> Sentence:
    return Sentence(f"Disqualified: {plain(told['reason'])}", _score(told), "cross", "bad", reasons=told["reasons"] or [])


def _score(told: Told) -> str:
    return f"Score {told['score']}, grade {told['grade']}, by criteria version {told['criteria']}"


@tells("lead.assigned")
def _assigned(told: Told, names: Names) -> Sentence:
    before = f" instead of {called(told['previous_owner_id'], names)}" if told["previous_owner_id"] else ""
    why = f"Rule “{told['rule']}”: {told['reason']}"
    return Sentence(f"Assigned to {called(told['owner_id'], names)}{before}", why, "person", moments=(("Answer by", told["respond_by"]),))


@tells("lead.contacted")
def _contacted(told: Told, names: Names) -> Sentence:
    by = f" by {plain(told['channel'])}" if told["channel"] else ""
    after = f"{span(told['response_seconds'])} after the assignment" if told["response_seconds"] is not None else ""
    return Sentence(f"{called(told['actor_id'], names)} made contact{by}", after, "call", "good")


@tells("lead.response_overdue")
def _response_overdue(told: Told, names: Names) -> Sentence:
    return Sentence(f"{called(told['owner_id'], names)} did not answer in time", "", "clock", "bad", (("Was due", told["respond_by"]),))


@tells("lead.response_due")
def _response_due(told: Told, names: Names) -> Sentence:
    return Sentence(f"{called(told['owner_id'], names)} was reminded to answer", "", "clock", "warn", (("Due", told["respond_by"]),))


@tells("lead.returned")
def _lead_returned(told: Told, names: Names) -> Sentence:
    return Sentence(f"Given back by {called(told['owner_id'], names)}", told["reason"] or "", "lead", "warn")


@tells("consent.given")
def _consented(told: Told, _: Names) -> Sentence:
    return Sentence(
        f"Agreed to {plain(told['purpose'])}", f"Confirmed by the link in a mail, from {plain(told['source'])}", "check", "good"
    )
