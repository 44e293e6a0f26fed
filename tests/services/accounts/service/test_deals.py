"""A deal is won: an account opens, or is found and grows."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from services.accounts.main import service
from shared.database import Database, new_id
from shared.events import AccountChanged, AccountOpened, Company, Expectation, Person
from tests.conftest import DatabaseOf
from tests.road import api_client, hear, said
from tests.services.accounts.builders import (
    ACME,
    ANA,
    NOON,
    ON_TIME,
    anew,
    another_company,
    lost_deal,
    order,
    reopened,
    rep,
    someone,
    won_deal,
)


@pytest.fixture
async def db(database_of: DatabaseOf) -> Database:
    return await database_of("accounts")


async def items(db: Database, path: str, **params: str) -> list[dict[str, Any]]:
    async with api_client(service, db) as client:
        answer = await client.get(path, params=params)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found


async def test_a_won_deal_opens_an_account_with_its_people(db: Database) -> None:
    other = someone(role="purchasing")
    deal = won_deal(contacts=[other])
    await hear(service, db, deal)
    (opened,) = await said(db)
    assert isinstance(opened, AccountOpened)
    assert (opened.name, opened.domain, opened.owner_id, opened.version) == ("Acme GmbH", "acme.example", "rep-1", 1)
    assert [contact.email for contact in opened.contacts] == [ANA.email, other.email]
    assert opened.envelope.causation_id == deal.envelope.id
    assert opened.envelope.correlation_id == deal.envelope.correlation_id
    (account,) = await items(db, "/accounts")
    assert account["id"] == opened.account_id


async def test_a_redelivered_deal_changes_nothing(db: Database) -> None:
    deal = won_deal()
    await hear(service, db, deal)
    await said(db)
    await hear(service, db, deal)
    await hear(service, db, anew(deal))
    assert await said(db) == []
    assert len(await items(db, "/accounts")) == 1


async def test_a_lost_deal_opens_nothing(db: Database) -> None:
    await hear(service, db, lost_deal())
    assert await said(db) == []
    assert await items(db, "/accounts") == []


@pytest.mark.parametrize(
    "company",
    [
        Company(name="Acme Holding", domain="www.ACME.example", country="AT"),
        Company(name="ACME", country="DE"),
        Company(name="A.C.M.E. GmbH & Co. KGaA", country="DE"),
        Company(domain="acme.example"),
    ],
    ids=["by domain", "by name and country", "by name however it is written", "by domain alone"],
)
async def test_a_second_deal_finds_the_account(db: Database, company: Company) -> None:
    await hear(service, db, won_deal())
    await said(db)
    other = Person(first_name="Bo", email="bo@acme.example")
    again = Expectation(text="Training for ten people", measure="10 certificates")
    await hear(service, db, won_deal(company=company, person=other, expectations=[again]))
    (changed,) = await said(db)
    assert isinstance(changed, AccountChanged)
    assert (changed.version, changed.name, changed.changed) == (2, "Acme GmbH", ["contacts", "expectations"])
    assert [contact.email for contact in changed.contacts] == [ANA.email, other.email]


async def test_the_account_that_the_deal_names_comes_before_any_likeness(db: Database) -> None:
    await hear(service, db, won_deal(), won_deal(company=another_company(), person=Person(email="x@else.example")))
    first, second = [event for event in await said(db) if isinstance(event, AccountOpened)]
    await hear(service, db, won_deal(account_id=second.account_id))
    (changed,) = await said(db)
    assert isinstance(changed, AccountChanged)
    assert changed.account_id == second.account_id != first.account_id


async def test_a_deal_that_names_an_unknown_account_is_not_lost(db: Database) -> None:
    await hear(service, db, won_deal(account_id="nowhere"))
    assert [event.topic for event in await said(db)] == ["account.opened"]


@pytest.mark.parametrize("nowhere", ["n/a", "-", "none", "unknown", "see below"])
async def test_what_stands_in_place_of_a_domain_makes_no_two_customers_one(db: Database, nowhere: str) -> None:
    await hear(service, db, *(won_deal(company=Company(name=name, domain=nowhere, country="DE")) for name in ("Acme", "Bolt")))
    assert {(one["name"], one["domain"]) for one in await items(db, "/accounts")} == {("Acme", None), ("Bolt", None)}


async def test_the_same_name_in_another_country_or_with_another_domain_is_another_customer(db: Database) -> None:
    austrian, toys = Company(name="Acme GmbH", country="AT"), Company(name="Acme GmbH", country="DE", domain="acme-toys.example")
    await hear(service, db, won_deal(), won_deal(company=austrian), won_deal(company=toys))
    assert len(await items(db, "/accounts")) == 3


async def test_an_account_gets_no_domain_that_is_anothers(db: Database) -> None:
    await hear(service, db, won_deal(), won_deal(company=Company(name="Else", country="FR"), person=Person()))
    _, other = [event for event in await said(db) if isinstance(event, AccountOpened)]
    await hear(service, db, won_deal(account_id=other.account_id))
    assert {(one["name"], one["domain"]) for one in await items(db, "/accounts")} == {("Acme GmbH", "acme.example"), ("Else", None)}


async def test_a_private_customer_is_known_by_the_address(db: Database) -> None:
    private = {"company": Company(), "person": Person(first_name="Ana", last_name="Silva", email="Ana@gmail.com")}
    await hear(service, db, won_deal(**private))
    await hear(service, db, won_deal(company=Company(domain="gmail.com"), person=Person(email="ana@gmail.com"), expectations=[]))
    await hear(service, db, won_deal(company=Company(), person=Person(first_name="Bo", email="bo@gmail.com")))
    accounts = await items(db, "/accounts", sort="name")
    assert [(account["name"], account["private"]) for account in accounts] == [("Ana Silva", True), ("Bo", True)]


async def test_a_deal_with_nothing_new_to_tell_says_nothing(db: Database) -> None:
    await hear(service, db, won_deal())
    await said(db)
    await hear(service, db, won_deal(lead_id=None, expectations=[]))
    assert await said(db) == []


async def test_many_deals_of_one_new_customer_in_one_batch_open_one_account(db: Database) -> None:
    await hear(service, db, *(won_deal(person=Person(email=f"p{number}@acme.example")) for number in range(20)))
    (account,) = await items(db, "/accounts")
    assert account["version"] == 20
    assert len(await items(db, f"/accounts/{account['id']}/contacts")) == 20
    versions = [event.version for event in await said(db) if isinstance(event, AccountOpened | AccountChanged)]
    assert versions == list(range(1, 21))


async def test_many_deals_of_one_new_customer_at_once_open_one_account(db: Database) -> None:
    deals = [won_deal(person=Person(email=f"p{number}@acme.example")) for number in range(8)]
    await asyncio.gather(*(hear(service, db, deal) for deal in deals))
    (account,) = await items(db, "/accounts")
    assert len(await items(db, f"/accounts/{account['id']}/contacts")) == 8
    assert sorted(event.topic for event in await said(db)) == ["account.changed"] * 7 + ["account.opened"]


async def test_two_accounts_never_share_an_identity(db: Database) -> None:
    """One knows the customer by name, the other by domain and name: they still meet."""
    by_name, by_both = won_deal(company=Company(name="Acme", country="DE")), won_deal(company=ACME)
    await asyncio.gather(hear(service, db, by_name), hear(service, db, by_both))
    (account,) = await items(db, "/accounts")
    assert account["domain"] == "acme.example"


async def test_expectations_come_over_with_measure_and_due_once(db: Database) -> None:
    deal = won_deal()
    await hear(service, db, deal)
    await hear(service, db, anew(deal, version=12))
    (row,) = await db.collection("expectations").find().to_list(None)
    assert (row["text"], row["measure"], row["due"], row["opportunity_id"]) == (
        ON_TIME.text,
        ON_TIME.measure,
        ON_TIME.due,
        deal.opportunity_id,
    )


async def test_a_reopened_deal_shows_at_its_account(db: Database) -> None:
    deal = won_deal()
    await hear(service, db, deal)
    await hear(service, db, reopened(deal))
    (account,) = await items(db, "/accounts")
    (shown,) = await items(db, f"/accounts/{account['id']}/deals")
    assert (shown["id"], shown["status"], shown["reason"], shown["amount"]) == (deal.opportunity_id, "reopened", "they asked", "12000.50")


async def test_reopened_before_it_is_known_to_be_closed_waits(db: Database) -> None:
    deal = won_deal()
    await hear(service, db, reopened(deal))
    await hear(service, db, deal)
    (account,) = await items(db, "/accounts")
    (shown,) = await items(db, f"/accounts/{account['id']}/deals")
    assert (shown["status"], shown["version"]) == ("reopened", deal.version + 1)


async def test_an_older_state_of_a_deal_is_ignored(db: Database) -> None:
    deal = won_deal()
    closed_again = lost_deal(opportunity_id=deal.opportunity_id, version=deal.version + 2)
    await hear(service, db, deal, closed_again)
    await hear(service, db, reopened(deal))
    (account,) = await items(db, "/accounts")
    (shown,) = await items(db, f"/accounts/{account['id']}/deals")
    assert (shown["status"], shown["version"]) == ("lost", deal.version + 2)


async def test_an_order_waits_until_its_deal_is_won(db: Database) -> None:
    opportunity_id = new_id()
    await hear(service, db, order(order_id="o-1", opportunity_id=opportunity_id))
    await hear(service, db, lost_deal(opportunity_id=opportunity_id, version=3))
    await hear(service, db, order(order_id="o-1", opportunity_id=opportunity_id, status="delivered", occurred_at=NOON + timedelta(days=1)))
    assert await said(db) == []
    await hear(service, db, won_deal(opportunity_id=opportunity_id, version=5))
    assert [event.topic for event in await said(db)] == ["account.opened", "order.fulfilled", "survey.requested"]
    (account,) = await items(db, "/accounts")
    (shown,) = await items(db, f"/accounts/{account['id']}/orders")
    assert (shown["id"], shown["status"]) == ("o-1", "delivered")
    assert sorted(shown["times"]) == ["delivered", "placed"]


async def test_every_change_is_in_the_history_without_personal_data(db: Database) -> None:
    await hear(service, db, won_deal(company=Company(), person=ANA))
    await hear(service, db, won_deal(company=Company(), person=Person(email=ANA.email, phone="+49170111")))
    (account,) = await items(db, "/accounts")
    history = await items(db, f"/accounts/{account['id']}/history")
    assert [(change["version"], change["what"], change["by"]) for change in history] == [
        (2, "grown", "deal.closed"),
        (1, "opened", "deal.closed"),
    ]
    rows = str(await db.collection("history").find().to_list(None))
    assert not any(value and value in rows for value in (ANA.email, ANA.last_name, ANA.phone, "+49170111"))


async def test_an_account_shows_its_owner_whichever_is_heard_first(db: Database) -> None:
    await hear(service, db, won_deal())
    await hear(service, db, rep(team_id="north"))
    await hear(service, db, won_deal(company=another_company(), person=Person(email="x@else.example")))
    shown = await items(db, "/accounts")
    assert [(one["owner_name"], one["team_id"], one["owner_active"]) for one in shown] == [("Rita Rep", "north", True)] * 2


async def test_an_owner_who_left_is_shown(db: Database) -> None:
    await hear(service, db, rep(), won_deal())
    await hear(service, db, rep(version=3, active=False), rep(version=2, team_id="south"))
    (left,) = await items(db, "/accounts", owner_active="false")
    assert (left["owner_id"], left["owner_name"], left["team_id"]) == ("rep-1", "Rita Rep", "north")


async def test_a_deal_and_a_move_of_its_owner_at_once_leave_no_account_behind(db: Database) -> None:
    await hear(service, db, rep())
    deals = [won_deal(company=another_company(), person=Person(email=f"p{number}@else.example")) for number in range(6)]
    await asyncio.gather(*(hear(service, db, deal) for deal in deals), hear(service, db, rep(version=2, team_id="south")))
    assert {one["team_id"] for one in await items(db, "/accounts")} == {"south"}
