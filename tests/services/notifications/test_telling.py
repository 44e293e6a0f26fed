"""From an event to the people who are told of it."""

from datetime import timedelta
from typing import Any

import pytest

from services.notifications.main import service
from services.notifications.service.news import PATIENCE
from shared.database import Database, utcnow
from shared.events import Company, Contact, Event, NotificationFailed, NotificationSent, Person
from tests.conftest import DatabaseOf
from tests.road import hear, pass_time, said
from tests.services.notifications.builders import (
    MARCH,
    a_notification,
    a_recipient,
    a_rule,
    a_template,
    account_opened,
    case_opened,
    commitment_missed,
    deal_closed,
    enveloped,
    lead_assigned,
    lead_captured,
    lead_qualified,
    opportunity_opened,
    person_erased,
    rep_changed,
    response_overdue,
)

Row = dict[str, Any]


@pytest.fixture
async def db(database_of: DatabaseOf) -> Database:
    """With the rules that come with Dealwire, and Rita and Sam of the north, whose manager is Max."""
    db = await database_of("notifications")
    await service.seed(db)
    await hear(service, db, rep_changed("rita"), rep_changed("sam"), rep_changed("max", team_id=None, manager_id=None))
    return db


async def rows(db: Database, collection: str = "notifications", **wanted: Any) -> list[Row]:
    found: list[Row] = await db.collection(collection).find(wanted).sort([("recipient_id", 1), ("channel", 1)]).to_list(None)
    return found


async def told(db: Database, **wanted: Any) -> list[tuple[str, str, str]]:
    return [(row["recipient_id"], row["channel"], row["title"]) for row in await rows(db, **wanted)]


async def test_a_new_lead_is_told_to_its_owner_in_the_application_and_by_mail(db: Database) -> None:
    assigned = enveloped(lead_assigned(respond_by=utcnow() + timedelta(minutes=1)))
    await hear(service, db, lead_captured(), assigned)
    title = f"New lead for you: Ana Silva at Acme, answer by {assigned.respond_by:%H:%M} UTC"
    assert await told(db) == [("rita", "in_app", title), ("rita", "mail", title)]
    (delivery,) = await rows(db, "deliveries")
    assert (delivery["state"], delivery["kind"], delivery["recipient_id"]) == ("pending", "lead.assigned", "rita")
    (sent,) = await said(db)
    assert isinstance(sent, NotificationSent)
    assert (sent.recipient_id, sent.channel, sent.title, sent.about_event_id) == ("rita", "in_app", "Lead assigned", assigned.envelope.id)
    assert (sent.envelope.correlation_id, sent.envelope.causation_id) == (assigned.envelope.correlation_id, assigned.envelope.id)


async def test_a_redelivered_event_changes_nothing(db: Database) -> None:
    assigned = enveloped(lead_assigned())
    await hear(service, db, lead_captured(), assigned)
    before = await rows(db), await rows(db, "deliveries")
    await hear(service, db, assigned)
    await db.collection("inbox").delete_many({})
    await hear(service, db, assigned)
    assert (await rows(db), await rows(db, "deliveries"), await rows(db, "parked")) == (*before, [])
    assert len(await said(db)) == 1


async def test_an_assignment_that_comes_before_its_lead_waits_for_the_name(db: Database) -> None:
    await hear(service, db, lead_assigned())
    assert await told(db) == []
    await hear(service, db, lead_captured())
    assert {title.partition(",")[0] for _, _, title in await told(db)} == {"New lead for you: Ana Silva at Acme"}
    assert await pass_time(service, db, utcnow() + timedelta(minutes=5)) == 0


async def test_nobody_waits_for_a_name_longer_than_half_a_minute(db: Database) -> None:
    await hear(service, db, lead_assigned())
    await pass_time(service, db, utcnow() + timedelta(seconds=31))
    assert {title.partition(",")[0] for _, _, title in await told(db)} == {"New lead for you: a lead"}
    await hear(service, db, lead_captured())
    assert len(await told(db)) == 2


async def test_more_that_happens_meanwhile_makes_nobody_wait_longer(db: Database) -> None:
    await hear(service, db, lead_assigned())
    begun = utcnow()
    await hear(service, db, lead_assigned(owner_id="sam", version=4))
    await hear(service, db, lead_assigned(version=5), response_overdue())
    await pass_time(service, db, begun + PATIENCE)
    assert len(await told(db, kind="lead.assigned", channel="in_app")) == 3
    assert await rows(db, "waiting") == []


async def test_an_overdue_answer_is_told_to_owner_and_manager(db: Database) -> None:
    await hear(service, db, lead_captured(), response_overdue())
    assert [(who, how) for who, how, _ in await told(db)] == [("max", "in_app"), ("max", "mail"), ("rita", "in_app"), ("rita", "mail")]


async def test_what_a_manager_does_not_want_they_are_spared(db: Database) -> None:
    await db.collection("recipients").update_one({"_id": "max"}, {"$set": {"preferences.mail": False}})
    await hear(service, db, lead_captured(), response_overdue())
    assert [how for who, how, _ in await told(db) if who == "max"] == ["in_app"]


async def test_a_won_deal_is_told_to_all_who_worked_on_it_and_a_lost_one_to_the_manager(db: Database) -> None:
    await hear(service, db, opportunity_opened(), deal_closed("won"))
    title = "Won: Acme: pumps, 12,000.00 EUR"
    assert await told(db) == [("max", "in_app", title), ("rita", "in_app", title), ("sam", "in_app", title)]
    await hear(service, db, opportunity_opened("o2"), deal_closed("lost", opportunity_id="o2", reason="price"))
    assert await told(db, about="opportunity:o2") == [("max", "in_app", "Lost: Acme: pumps (price)")]


async def test_a_missed_commitment_finds_the_owner_that_other_events_told_of(db: Database) -> None:
    await hear(service, db, lead_captured(), opportunity_opened(owner_id=None), lead_assigned(owner_id="sam"))
    await hear(service, db, commitment_missed())
    assert await told(db, kind="commitment.missed", channel="in_app") == [("sam", "in_app", "Missed: send the prices")]


async def test_a_case_goes_to_the_accounts_owner_and_to_the_agents(db: Database) -> None:
    await db.collection("recipients").insert_one(a_recipient("agnes", roles=["agent"]).to_document())
    await hear(service, db, account_opened(), case_opened())
    title = "New high case: It leaks"
    assert await told(db, kind="case.opened", channel="in_app") == [("agnes", "in_app", title), ("rita", "in_app", title)]


async def test_what_belongs_to_nobody_goes_to_those_who_manage(db: Database) -> None:
    await hear(service, db, opportunity_opened(owner_id=None, lead_id=None), commitment_missed())
    assert [who for who, _, _ in await told(db, channel="in_app")] == ["max"]


async def test_what_reaches_nobody_is_kept_with_the_reason(database_of: DatabaseOf) -> None:
    db = await database_of("notifications")
    await service.seed(db)
    await hear(service, db, opportunity_opened(owner_id=None, lead_id=None), commitment_missed())
    assert await told(db) == []
    (lost,) = await rows(db, "deliveries")
    assert (lost["state"], lost["rule_id"], lost["recipient_id"]) == ("no_recipient", "commitment.missed", None)


async def test_a_template_that_fails_is_recorded_and_stops_nobody_else(db: Database) -> None:
    broken = a_rule(id="a-broken", recipients=["person:sam"], template_id="broken").to_document()
    await db.collection("rules").insert_one(broken)
    await db.collection("templates").insert_one(a_template(id="broken", text="{{ 1 / 0 }}").to_document())
    await hear(service, db, lead_captured(), lead_assigned())
    assert [who for who, _, _ in await told(db)] == ["rita", "rita"]
    (failed,) = await rows(db, "deliveries", state="failed")
    assert (failed["recipient_id"], failed["rule_id"], failed["error"]) == (
        "sam",
        "a-broken",
        "The text cannot be rendered: division by zero",
    )
    failures = [event for event in await said(db) if isinstance(event, NotificationFailed)]
    assert [(event.recipient_id, event.error) for event in failures] == [("sam", failed["error"])]


async def test_a_rule_whose_template_is_gone_is_recorded(db: Database) -> None:
    await db.collection("templates").delete_one({"_id": "lead.assigned"})
    await hear(service, db, lead_captured(), lead_assigned())
    assert {row["error"] for row in await rows(db, "deliveries", state="failed")} == {"The rule's template is gone"}


async def test_a_rule_that_is_switched_off_tells_nobody(db: Database) -> None:
    await db.collection("rules").update_one({"_id": "lead.assigned"}, {"$set": {"enabled": False}})
    await hear(service, db, lead_captured(), lead_assigned())
    assert await told(db) == []


async def test_the_roster_is_followed_whatever_the_order_and_preferences_survive_it(db: Database) -> None:
    await db.collection("recipients").update_one({"_id": "rita"}, {"$set": {"preferences.mail": False}})
    await hear(service, db, rep_changed("rita", version=3, name="Rita Reis"), rep_changed("rita", version=2, name="Rita Late"))
    await hear(service, db, lead_captured(), lead_assigned())
    (rita,) = await rows(db, "recipients", _id="rita")
    assert (rita["name"], rita["roster_version"]) == ("Rita Reis", 3)
    assert [how for _, how, _ in await told(db)] == ["in_app"]


async def test_history_is_learned_from_but_not_told(db: Database) -> None:
    long_ago = utcnow() - timedelta(days=30)
    await hear(service, db, enveloped(lead_captured(), at=long_ago), enveloped(lead_assigned(), at=long_ago))
    assert await told(db) == []
    await hear(service, db, response_overdue())
    assert "Ana Silva at Acme" in (await told(db))[0][2]


async def test_everybody_of_an_import_storm_is_told_of_in_the_application(db: Database) -> None:
    leads = [lead_captured(f"l{number}") for number in range(500)]
    await hear(service, db, *leads, *(lead_assigned(f"l{number}") for number in range(500)))
    assert len(await told(db, channel="in_app", recipient_id="rita")) == 500
    assert len({event.key() for event in await said(db)}) == 500


async def test_an_erased_person_leaves_what_was_told_and_what_is_about_to_be(db: Database) -> None:
    await hear(service, db, lead_captured(), lead_assigned(), opportunity_opened(name="Ana Silva: pumps"))
    await hear(service, db, commitment_missed(), lead_captured("l2", person=Person(last_name="Costa")), lead_assigned("l2"))
    await hear(service, db, person_erased("l1"))
    everything = [*await rows(db), *await rows(db, "subjects"), *await rows(db, "deliveries")]
    assert "Silva" not in str([row for row in everything if row.get("_id") != "subject:l2"])
    assert {row["title"] for row in await rows(db, about="lead:l1")} == {"Erased"}
    assert {row["state"] for row in await rows(db, "deliveries", about="lead:l1")} == {"withdrawn"}
    assert {row["state"] for row in await rows(db, "deliveries", about="lead:l2")} == {"pending"}
    assert "Costa" in (await told(db, about="lead:l2"))[0][2]


@pytest.mark.parametrize("late", [lead_qualified(version=9), opportunity_opened(), account_opened(name="Ana Silva")])
async def test_a_topic_that_lags_behind_does_not_bring_an_erased_person_back(db: Database, late: Event) -> None:
    await hear(service, db, person_erased("l1"))
    await hear(service, db, late)
    assert "Silva" not in str(await rows(db, "subjects"))
    await hear(service, db, lead_assigned())
    assert {title.partition(",")[0] for _, _, title in await told(db, kind="lead.assigned")} == {"New lead for you: a lead"}


async def test_a_customer_who_is_found_by_address_alone_is_forgotten_too(db: Database) -> None:
    from shared.events.people import email_hash

    await hear(service, db, account_opened(lead_id=None, contacts=[Contact(email="ana.silva@acme.example")]), case_opened())
    await hear(service, db, person_erased(email_hashes=(email_hash("Ana.Silva@acme.example"),)))
    assert {row["label"] for row in await rows(db, "subjects")} == {"Acme", None}
    assert {row["title"] for row in await rows(db, kind="case.opened")} == {"Erased"}


async def test_every_topic_of_the_other_services_is_heard_and_none_of_our_own() -> None:
    heard = set(service.hears.topics())
    assert {"lead.assigned", "deal.closed", "case.overdue", "rep.changed", "person.erased"} <= heard
    assert not heard & {"lead.submitted", "engagement.recorded", "order.updated", "case.submitted", "survey.answered", "lead.routed"}
    assert not {topic for topic in heard if topic.startswith("notification.")}


async def test_any_event_of_any_topic_can_be_heard(db: Database) -> None:
    await hear(service, db, lead_captured(company=Company(), person=Person(phone="+351")), lead_assigned(previous_owner_id="sam"))
    assert [title for who, _, title in await told(db, recipient_id="sam")] == ["+351 went to Rita"]


def test_what_is_said_of_a_failure_names_nobody() -> None:
    failed = a_notification(title="Yours: Ana Silva").failed_event(MARCH, "550 5.1.1 <ana@acme.example>: unknown", attempts=1)
    assert (failed.title, failed.error) == ("Lead assigned", "550 5.1.1 <(address)>: unknown")
