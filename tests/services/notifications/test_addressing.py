"""Whom a rule means."""

from hypothesis import given
from hypothesis import strategies as st

from services.notifications.rules import Directory, addressed, tellings
from shared.database import utcnow
from tests.services.notifications.builders import a_recipient, a_rule, a_situation, deal_closed, enveloped, quiet

RITA = a_recipient("rita", team_id="north", manager_id="max")
SAM = a_recipient("sam", team_id="north", manager_id="max")
MAX = a_recipient("max", team_id="leads", roles=["manager"])
AGNES = a_recipient("agnes", roles=["agent"])
GONE = a_recipient("gone", team_id="north", manager_id="max", active=False)
EVERYBODY = Directory({one.id: one for one in (RITA, SAM, MAX, AGNES, GONE)}, frozenset({"max"}))
WORDS = ("owner", "manager", "team", "previous_owner", "role:agent", "role:manager", "person:agnes", "person:stranger")


def meant(*words: str, directory: Directory = EVERYBODY, **situation: object) -> list[str]:
    return addressed(a_rule(recipients=list(words)), a_situation(**situation), directory)


def test_each_word_means_its_people() -> None:
    assert meant("owner") == ["rita"]
    assert meant("manager") == ["max"]
    assert meant("previous_owner", previous_owner_id="sam") == ["sam"]
    assert meant("role:agent") == ["agnes"]
    assert meant("person:agnes") == ["agnes"]
    assert meant("team", team_id="north") == ["rita", "sam"]


def test_the_team_of_a_deal_is_who_worked_on_it() -> None:
    assert meant("team", event=enveloped(deal_closed()), members=("sam", "agnes")) == ["sam", "agnes"]


def test_who_manages_somebody_is_a_manager_without_being_called_one() -> None:
    assert meant("role:manager", directory=Directory({"rita": RITA}, frozenset({"max"}))) == ["max"]


def test_somebody_whom_the_roster_has_not_told_of_is_told_all_the_same() -> None:
    assert meant("owner", owner_id="new") == ["new"]


def test_the_manager_stands_in_for_who_has_left() -> None:
    assert meant("owner", owner_id="gone") == ["max"]


def test_what_concerns_nobody_goes_to_who_manages() -> None:
    assert meant("owner", owner_id=None) == ["max"]
    assert meant("previous_owner") == ["max"]


def test_what_reaches_nobody_is_recorded_as_such() -> None:
    told, lost = tellings([a_rule()], a_situation(owner_id=None), Directory({}), utcnow())
    assert told == []
    assert [(one.state, one.rule_id, one.about) for one in lost] == [("no_recipient", "told", "lead:l1")]


def test_two_rules_tell_one_person_once() -> None:
    rules = [a_rule(id="one", channels=["in_app", "mail"]), a_rule(id="two", recipients=["team", "owner"])]
    told, _ = tellings(rules, a_situation(members=("rita", "sam")), EVERYBODY, utcnow())
    assert [(one.rule.id, one.recipient.id, one.channel) for one in told] == [
        ("one", "rita", "in_app"),
        ("one", "rita", "mail"),
        ("two", "sam", "in_app"),
    ]


def test_a_channel_that_is_switched_off_stays_quiet() -> None:
    directory = Directory({"rita": RITA.model_copy(update={"preferences": quiet(in_app=True)})})
    told, lost = tellings([a_rule(channels=["in_app", "mail"])], a_situation(), directory, utcnow())
    assert [one.channel for one in told] == ["in_app"]
    assert lost == []


@given(words=st.lists(st.sampled_from(WORDS), min_size=1), owner=st.sampled_from(["rita", "gone", "new", None]), now=st.just(utcnow()))
def test_whatever_the_rule_everyone_is_told_at_most_once_and_nobody_who_has_left(words: list[str], owner: str | None, now: object) -> None:
    told, lost = tellings(
        [a_rule(recipients=words, channels=["in_app", "mail"])], a_situation(owner_id=owner, team_id="north"), EVERYBODY, utcnow()
    )
    reached = [(one.recipient.id, one.channel) for one in told]
    assert len(reached) == len(set(reached)) == len({one.id for one in told})
    assert reached
    assert lost == []
    assert "gone" not in {person for person, _ in reached}
