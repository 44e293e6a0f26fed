"""One name, five places: topic, class, handler, sample and document agree; and who says and hears what is as designed."""

import re
from typing import Any

import pytest

from shared.events import Event, catalogue
from tests.contracts.generate import EVENTS_PAGE, FOLDER
from tests.contracts.table import SERVICES, service_named, who_hears, who_says

TOPICS = sorted(catalogue())
INBOUND = {topic for topic, event_type in catalogue().items() if event_type.inbound}
INTERNAL = {topic for topic, event_type in catalogue().items() if event_type.internal}

# The table of the design, and beside it what a service says only to itself.
SAYS = {
    "leads": {
        "lead.captured",
        "lead.merged",
        "lead.unmerged",
        "lead.enriched",
        "lead.qualified",
        "lead.disqualified",
        "lead.assigned",
        "lead.contacted",
        "lead.response_due",
        "lead.response_overdue",
        "lead.returned",
        "rep.changed",
        "masking.activated",
        "consent.requested",
        "consent.given",
        "person.erased",
        "lead.routed",
        "lead.described",
        "lead.placed",
        "lead.withdrawn",
        "import.finished",
    },
    "opportunities": {
        "opportunity.opened",
        "opportunity.returned",
        "opportunity.stage_changed",
        "opportunity.stalled",
        "activity.logged",
        "commitment.made",
        "commitment.kept",
        "commitment.missed",
        "proposal.sent",
        "proposal.decided",
        "deal.closed",
        "deal.reopened",
        "opportunity.withdrawn",
    },
    "accounts": {
        "account.opened",
        "account.changed",
        "order.fulfilled",
        "follow_up.due",
        "survey.requested",
        "satisfaction.recorded",
        "case.opened",
        "case.resolved",
        "case.overdue",
        "account.at_risk",
        "renewal.due",
    },
    "notifications": {"notification.sent", "notification.failed"},
    "console": set(),
}
# What the design promises and nobody says yet: heard already, so that nothing has to change with the day that it is said.
LATER = {"renewal.due"}
# It holds an address and a link that acts in its owner's name: only who writes the mail hears it.
FOR_ONE = {"consent.requested"}
# What hides fields from roles matters only where leads are shown.
FOR_SHOWING = {"masking.activated"}
OF_ACCOUNTS = {"account.opened", "account.changed"}
HEARS = {
    "leads": {"lead.submitted", "engagement.recorded", "deal.closed", "opportunity.opened", "lead.routed", "lead.described"}
    | {"lead.placed", *OF_ACCOUNTS},
    "opportunities": {"lead.qualified", "lead.assigned", "lead.merged", "lead.unmerged", "lead.returned", "lead.withdrawn"}
    | {"rep.changed", "account.opened", "person.erased"},
    "accounts": {"deal.closed", "deal.reopened", "order.updated", "case.submitted", "survey.answered", "person.erased", "rep.changed"},
    "notifications": (SAYS["leads"] | SAYS["opportunities"] | SAYS["accounts"]) - INTERNAL - FOR_SHOWING,
    "console": (SAYS["leads"] | SAYS["opportunities"] | SAYS["accounts"] | SAYS["notifications"]) - INTERNAL - FOR_ONE,
}


def camel(topic: str) -> str:
    return "".join(word.capitalize() for word in re.split(r"[._]", topic))


def heard_by(name: str) -> list[Any]:
    subscribed: list[Any] = service_named(name).hears.subscribed()
    return subscribed


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_is_a_noun_and_a_past_participle_and_its_class_the_same_words(topic: str) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)?\.[a-z]+(_[a-z]+)*", topic)
    assert catalogue()[topic].__name__ == camel(topic)


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_has_its_schema_its_sample_and_its_row(topic: str) -> None:
    assert (FOLDER / f"{topic}.schema.json").exists()
    assert (FOLDER / f"{topic}.json").exists()
    assert f"\n| `{topic}` |" in EVENTS_PAGE.read_text()


def test_no_sample_and_no_row_is_left_of_a_topic_that_is_gone() -> None:
    files = {path.name.removesuffix(".json").removesuffix(".schema") for path in FOLDER.glob("*.*.json")}
    rows = set(re.findall(r"^\| `([a-z_.]+)` \|", EVENTS_PAGE.read_text(), re.MULTILINE))
    assert files == rows == set(TOPICS)


@pytest.mark.parametrize("name", SERVICES)
def test_a_handler_of_one_event_is_called_after_it(name: str) -> None:
    for subscription in heard_by(name):
        if len(subscription.event_types) == 1:
            assert subscription.handler.__name__ == f"on_{subscription.event_types[0].topic.replace('.', '_')}"


@pytest.mark.parametrize("name", SERVICES)
def test_no_event_has_two_handlers_in_one_service(name: str) -> None:
    heard = [event_type.topic for subscription in heard_by(name) for event_type in subscription.event_types]
    assert sorted(heard) == sorted(set(heard))


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_says_what_the_design_says_and_what_comes_in_by_its_own_doors(name: str) -> None:
    said = {event_type.topic for event_type in service_named(name).says}
    assert said - (INBOUND & set(service_named(name).hears.topics())) == SAYS[name] - LATER


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_hears_what_the_design_says(name: str) -> None:
    assert set(service_named(name).hears.topics()) == HEARS[name]


def test_every_event_is_said_by_one_and_heard_by_some() -> None:
    for topic, names in who_says().items():
        assert len([name for name in names if name in SERVICES]) == 1 or topic in INBOUND | LATER
    assert all(who_hears().values())


def test_what_is_internal_stays_inside_the_service_that_says_it() -> None:
    for topic in INTERNAL:
        assert who_hears()[topic] == who_says()[topic]


def test_the_class_of_an_event_is_exported_under_its_name() -> None:
    import shared.events

    for event_type in catalogue().values():
        exported: type[Event] = getattr(shared.events, event_type.__name__)
        assert exported is event_type
