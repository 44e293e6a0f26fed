"""Which mails go together, and what becomes of one after an answer."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.notifications.models import Answer, Delivery
from services.notifications.rules import after, gathered, rest_of, written
from services.notifications.rules.deliveries import GIVE_UP_AFTER, MOST_SINGLE_MAILS
from tests.services.notifications.builders import MARCH, a_delivery, a_notification, a_recipient

AWAY, NOT_NOW, NEVER, ACCEPTED = Answer("away", "down"), Answer("not_now", "451 later"), Answer("never", "550 no"), Answer("accepted")


def deliveries(count: int, **fields: object) -> list[Delivery]:
    return [a_delivery(f"n{number}", **fields) for number in range(count)]


def test_a_few_mails_go_singly_and_many_of_one_kind_for_one_person_together() -> None:
    assert len(gathered(deliveries(MOST_SINGLE_MAILS))) == MOST_SINGLE_MAILS
    (mail,) = gathered(deliveries(MOST_SINGLE_MAILS + 1))
    assert len(mail.deliveries) == MOST_SINGLE_MAILS + 1


@given(
    st.lists(
        st.tuples(st.sampled_from(["rita", "sam"]), st.sampled_from(["lead.assigned", "case.opened"]), st.sampled_from([None, "m1", "m2"])),
        max_size=40,
    )
)
def test_every_delivery_is_in_exactly_one_mail_to_its_own_person_and_mails_keep_their_names(
    rows: list[tuple[str, str, str | None]],
) -> None:
    # A mail belongs to one person and kind, so its name is made of them.
    given = [
        a_delivery(f"n{number}", recipient_id=person, kind=kind, mail_id=mail_id and f"{person} {kind} {mail_id}")
        for number, (person, kind, mail_id) in enumerate(rows)
    ]
    mails = gathered(given)
    assert sorted(one.id for mail in mails for one in mail.deliveries) == sorted(one.id for one in given)
    assert all(
        {(one.recipient_id, one.kind) for one in mail.deliveries} == {(mail.recipient_id, mail.deliveries[0].kind)} for mail in mails
    )
    assert all(one.mail_id in (None, mail.id) for mail in mails for one in mail.deliveries)
    assert len({mail.id for mail in mails}) == len(mails)


def test_the_same_deliveries_make_the_same_mail_in_any_order() -> None:
    assert gathered(deliveries(9))[0].id == gathered(deliveries(9)[::-1])[0].id


def test_an_accepted_mail_is_over() -> None:
    settled = after(a_delivery(), ACCEPTED, MARCH)
    assert (settled.state, settled.due, settled.attempts) == ("sent", None, 1)


def test_a_mail_for_later_waits_longer_each_time_and_is_given_up_after_three_days() -> None:
    delivery, now, waits = a_delivery(), MARCH, []
    while delivery.due and delivery.state == "pending":
        now = delivery.due
        delivery = after(delivery, NOT_NOW, now)
        waits.append(delivery.due - now if delivery.due else None)
    minutes = [wait and wait / timedelta(minutes=1) for wait in waits]
    assert minutes[:6] == [1, 5, 15, 60, 240, 240]
    assert (delivery.state, delivery.error) == ("failed", "451 later")
    assert now > MARCH + GIVE_UP_AFTER - timedelta(hours=5)


def test_an_outage_of_the_server_counts_no_attempt_and_what_waited_goes_once_it_is_over() -> None:
    waits = after(a_delivery(attempts=2), AWAY, MARCH)
    assert (waits.state, waits.attempts, waits.due) == ("pending", 2, MARCH)


def test_a_server_that_is_away_is_left_alone_twice_as_long_each_time_up_to_ten_seconds() -> None:
    assert [rest_of(times, 0.0) for times in (1, 2, 3, 4, 5, 6, 10**6)] == [1, 2, 4, 8, 10, 10, 10]
    assert [rest_of(times, 0.5) for times in (1, 5)] == [0.75, 7.5]


def test_even_an_outage_ends_after_three_days() -> None:
    assert after(a_delivery(), AWAY, MARCH + GIVE_UP_AFTER).state == "failed"


def test_a_refused_mail_fails_at_once() -> None:
    settled = after(a_delivery(), NEVER, MARCH)
    assert (settled.state, settled.due, settled.error, settled.attempts) == ("failed", None, "550 no", 1)


def test_a_mail_is_recognised_by_its_message_id_whenever_it_is_written() -> None:
    (mail,) = gathered([a_delivery()])
    first, again = (written(mail, [a_notification()], a_recipient(), "Dealwire <news@dealwire.example>") for _ in range(2))
    assert first["Message-ID"] == again["Message-ID"] == "<n1@dealwire.example>"
    assert (first["To"], first["Subject"]) == ("Rita <rita@dealwire.example>", "New lead")
    assert [part.get_content_type() for part in first.iter_parts()] == ["text/plain", "text/html"]


def test_a_mail_that_carries_many_lists_them() -> None:
    many = [a_notification(f"n{number}", title=f"Lead {number}") for number in range(300)]
    (mail,) = gathered(deliveries(300))
    message = written(mail, many, a_recipient(name="Rita\nReis"), "news@dealwire.example")
    text = message.get_body(("plain",)).get_content()
    assert message["Subject"] == "Lead 0, and 299 more"
    assert "- Lead 0\n- Lead 1\n" in text
    assert "- Lead 199\nand 100 more" in text
