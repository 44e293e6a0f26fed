"""What a role does not see of what it is shown: by the policy that leads says, on every page and by every door."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.console.main import service
from services.console.rules.masking import FIELDS, hidden_from, without
from shared.database import Database
from shared.events import Interest
from tests.road import hear
from tests.services.console.customers import Life, masking, rep, won_customer
from tests.services.console.test_customers import page, timeline
from tests.services.console.test_pages import names_on
from tests.services.console.test_rights import ANA

PAGES = ("/", "/leads", "/customers", "/pipeline", "/pipeline?view=list", "/pipeline?view=closed")
MONEY, ADDRESSES, WORDS = ("14,500", "12,000", "EUR 1"), ("ada@acmepumps.example", "+4930123456"), ("old pumps",)
EVERY_GROUP = ["money", "contact", "words"]
VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.sampled_from(["email", "amount", "need", "name", "person"]), inside),
    max_leaves=20,
)


async def customers(db: Database) -> Life:
    """One who was won, and one who is still sold to."""
    interest = Interest(product="Dosing pump", need="Replace two old pumps", notes="hums less", budget=Decimal("31337"), currency="EUR")
    won, open_one = won_customer(), Life("Ada Byron")
    open_one.captured(interest=interest), open_one.qualified(interest=interest), open_one.assigned(), open_one.opened()
    await hear(service, db, rep("ana", team_id="north"), *won.events, *open_one.events)
    return won


async def shown_to(db: Database, life: Life, **who: Any) -> str:
    """All pages, and what a program gets."""
    leads = await db.collection("leads").find().to_list(None)
    paths = (*PAGES, *(f"/customers/{lead['_id']}" for lead in leads))
    pages = [await page(db, path, **who) for path in paths]
    return "".join([*pages, str(await timeline(db, life.lead_id, **who))])


@pytest.mark.parametrize(
    ("groups", "gone", "left"),
    [
        (["money"], MONEY, (*ADDRESSES, *WORDS)),
        (["contact"], ADDRESSES, (*MONEY, *WORDS)),
        (["words"], WORDS, (*MONEY, *ADDRESSES)),
        (EVERY_GROUP, (*MONEY, *ADDRESSES, *WORDS), ("Ada Lovelace", "Acme Pumps")),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, list) else "",
)
async def test_a_role_sees_nothing_of_what_is_masked_for_it_on_any_page(db: Database, groups: Any, gone: Any, left: Any) -> None:
    life = await customers(db)
    await hear(service, db, masking(rep=groups))
    shown = await shown_to(db, life, **ANA)
    assert [secret for secret in gone if secret in shown] == []
    assert [words for words in left if words not in shown] == []


async def test_managers_and_whoever_else_is_named_by_no_policy_see_everything(db: Database) -> None:
    life = await customers(db)
    await hear(service, db, masking(rep=EVERY_GROUP, manager=EVERY_GROUP))
    for roles in ({"manager"}, {"agent"}, {"rep", "agent"}, {"rep", "manager"}):
        shown = await shown_to(db, life, roles=roles, subject="ana", teams=("*",))
        assert [secret for secret in (*MONEY, *ADDRESSES) if secret not in shown] == []


@pytest.mark.parametrize("typed", ["ada@acmepumps.example", "ada@", "%2B4930", "4930", "a:ada@acme", "a%3Aada%40"])
@pytest.mark.parametrize("path", ["/leads?q=", "/customers?q="])
async def test_nobody_finds_anybody_by_the_beginning_of_a_masked_address(db: Database, path: str, typed: str) -> None:
    await customers(db)
    await hear(service, db, masking(rep=["contact"]))
    assert await names_on(db, f"{path}{typed}", **ANA) == []


@pytest.mark.parametrize("path", ["/leads?q=", "/customers?q="])
async def test_who_sees_addresses_finds_by_them_and_everybody_by_names(db: Database, path: str) -> None:
    await customers(db)
    await hear(service, db, masking(rep=["contact"]))
    for typed in ("ada@acmepumps.example", "%2B4930", "ada+ada@acme"):
        assert await names_on(db, f"{path}{typed}", roles={"agent"}, subject="kim")
    assert await names_on(db, f"{path}lovelace", **ANA)


async def test_the_newest_policy_counts_whatever_comes_last(db: Database) -> None:
    life = await customers(db)
    await hear(service, db, masking(2, agent=["money"]))
    await hear(service, db, masking(1, rep=["money"]))
    assert "14,500" in await shown_to(db, life, **ANA)


@pytest.mark.parametrize("asked", ["sort=-amount", "sort=interest.budget", "person.email=ada@acmepumps.example", "budget__gte=1"])
async def test_nothing_is_put_in_order_or_filtered_by_what_may_be_masked(db: Database, asked: str) -> None:
    await page(db, f"/leads?{asked}", expect=422, **ANA)


@given(row=VALUES, hidden=st.frozensets(st.sampled_from(EVERY_GROUP)))
def test_what_is_hidden_is_hidden_however_deep_and_the_rest_stays(row: Any, hidden: frozenset[str]) -> None:
    names = {name for group in hidden for name in FIELDS[group]}
    shown = without(row, hidden)
    assert _values_of(shown, names) <= {None}
    assert without(shown, hidden) == shown
    assert names or shown == row


def _values_of(value: Any, names: set[str]) -> set[Any]:
    if isinstance(value, dict):
        return {part for name, part in value.items() if name in names}.union(*(_values_of(part, names) for part in value.values()))
    return set().union(*(_values_of(part, names) for part in value)) if isinstance(value, list) else set()


def test_who_has_several_roles_sees_what_any_of_them_sees() -> None:
    policy = {"rep": ["money", "contact"], "agent": ["contact"]}
    assert hidden_from({"rep"}, policy) == {"money", "contact"}
    assert hidden_from({"rep", "agent"}, policy) == {"contact"}
    assert hidden_from({"rep", "privacy"}, policy) == frozenset()
    assert hidden_from(set(), policy) == frozenset()
