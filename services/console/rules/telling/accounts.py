"""What became of a customer: orders, cases, how satisfied they are. Each function reads what one event left to tell."""

from services.console.rules.telling.sentences import Names, Sentence, Told, Tone, tells
from services.console.rules.wording import capital, listed, money, plain, span


@tells("account.opened")
def _account(told: Told, _: Names) -> Sentence:
    return Sentence(f"Account opened: {told['name']}", icon="account", tone="good")


@tells("account.changed")
def _account_changed(told: Told, _: Names) -> Sentence:
    return Sentence("Account changed", capital(plain(listed(told["changed"]))), "account")


@tells("order.fulfilled")
def _fulfilled(told: Told, _: Names) -> Sentence:
    what = listed(filter(None, (listed(told["products"]), money(told["amount"], told["currency"]))))
    return Sentence(f"Order {told['order_id']} delivered", what, "box", "good")


@tells("follow_up.due")
def _follow_up(told: Told, _: Names) -> Sentence:
    return Sentence(f"Follow up: {told['subject']}", "", "clock", moments=(("Due", told["due"]),))


@tells("survey.requested")
def _survey(told: Told, _: Names) -> Sentence:
    return Sentence(f"Survey sent ({str(told['kind']).upper()})", plain(told["about"] or ""), "star")


@tells("satisfaction.recorded")
def _satisfaction(told: Told, _: Names) -> Sentence:
    missed = told["against"] == "missed"
    against = {"none_recorded": ""}.get(told["against"], f", expectations {told['against']}")
    return Sentence(f"Satisfaction {told['score']} of 100{against}", told["comment"] or "", "star", "bad" if missed else "good")


@tells("case.opened")
def _case(told: Told, _: Names) -> Sentence:
    tone: Tone = "bad" if told["severity"] in ("high", "critical") else "warn"
    return Sentence(f"Case: {told['subject']}", f"{capital(told['severity'])}, by {told['channel']}. {told['body'] or ''}", "case", tone)


@tells("case.resolved")
def _resolved(told: Told, _: Names) -> Sentence:
    return Sentence(f"Case resolved after {span(told['open_seconds'])}", told["resolution"] or "", "case", "good")


@tells("case.overdue")
def _case_overdue(told: Told, _: Names) -> Sentence:
    return Sentence("Case not answered in time", capital(told["severity"] or ""), "clock", "bad", (("Was due", told["respond_by"]),))


@tells("account.at_risk")
def _at_risk(told: Told, _: Names) -> Sentence:
    return Sentence(f"Account at risk: health {told['health']}", capital(listed(told["because"])), "account", "bad")


@tells("renewal.due")
def _renewal(told: Told, _: Names) -> Sentence:
    return Sentence("Renewal due", money(told["amount"], told["currency"]), "clock", moments=(("Ends", told["ends_at"]),))
