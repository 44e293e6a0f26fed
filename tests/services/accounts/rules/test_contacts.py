"""The people at an account."""

from datetime import timedelta

from services.accounts.rules.contacts import Named, contact_to_ask, merged_contact, people_of, same_person, without_erased
from services.accounts.rules.identity import email_identity
from shared.events import Contact, Person
from tests.services.accounts.builders import ANA, NOON, a_contact, someone, won_deal


def test_the_buyer_comes_first_and_only_the_buyer_has_the_lead() -> None:
    deal = won_deal(contacts=[someone()])
    buyer, other = people_of(deal)
    assert (buyer.contact.role, buyer.lead_id, buyer.contact.email) == ("buyer", deal.lead_id, ANA.email)
    assert (other.contact.role, other.lead_id) == (None, None)


def test_a_deal_without_a_person_has_no_buyer() -> None:
    assert people_of(won_deal(person=Person(title="CEO"), contacts=[Contact(role="cto")])) == []


def test_one_address_is_one_person_whatever_the_name() -> None:
    known = a_contact(first_name="Ana", last_name="Silva", email="ana@acme.example")
    assert same_person([known], Contact(last_name="Silva-Braun", email="ANA@acme.example")) is known


def test_two_addresses_are_two_people_even_of_one_name() -> None:
    known = a_contact(first_name="Ana", last_name="Silva", email="ana@acme.example")
    assert same_person([known], Contact(first_name="Ana", last_name="Silva", email="silva@acme.example")) is None


def test_two_who_share_a_phone_are_two_people() -> None:
    known = a_contact(first_name="Ana", last_name="Silva", phone="+49 30 123456")
    assert same_person([known], Contact(first_name="Bo", last_name="Berg", phone="+4930123456")) is None
    assert same_person([known], Contact(phone="+4930123456")) is known


def test_an_erased_contact_is_nobody_again() -> None:
    assert same_person([a_contact(erased_at=NOON)], Contact(role="buyer")) is None
    assert same_person([a_contact(erased_at=NOON)], Contact(first_name="Ana")) is None


def test_what_a_deal_leaves_empty_stays() -> None:
    known = a_contact(first_name="Ana", email="ana@acme.example", title="Head of IT")
    after = merged_contact(known, Named(Contact(first_name="Ana", phone="+4930123456")), NOON)
    assert (after.title, after.phone, after.email, after.version) == ("Head of IT", "+4930123456", "ana@acme.example", 2)


def test_a_contact_without_news_is_the_very_same() -> None:
    known = a_contact(first_name="Ana", email="ana@acme.example", role="decision maker")
    assert merged_contact(known, Named(Contact(first_name="Ana", email="ANA@acme.example", role="buyer")), NOON) is known


def test_the_buyer_is_asked_before_others_and_never_somebody_without_an_address() -> None:
    silent = a_contact(role="buyer", phone="1")
    first = a_contact(email="x@acme.example")
    buyer = a_contact(email="ana@acme.example", role="buyer", created_at=NOON + timedelta(days=1))
    assert contact_to_ask([silent, first, buyer]) is buyer
    assert contact_to_ask([silent, first]) is first
    assert contact_to_ask([silent]) is None


def test_who_was_erased_after_the_deal_closed_does_not_come_back() -> None:
    other = someone()
    deal = won_deal(contacts=[other])
    later = NOON + timedelta(minutes=1)
    assert [one.contact.email for one in people_of(without_erased(deal, {f"lead:{deal.lead_id}": later}))] == [other.email]
    assert [one.contact.email for one in people_of(without_erased(deal, {str(email_identity(other.email)): later}))] == [ANA.email]


def test_who_was_erased_before_and_buys_again_is_welcome() -> None:
    deal = won_deal()
    assert without_erased(deal, {f"lead:{deal.lead_id}": NOON - timedelta(days=1)}) is deal
