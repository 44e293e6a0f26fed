"""Providers are set up at run time: added, tried, changed, switched off; and a file of companies can be one."""

import csv
import io
import random
import time
from typing import Any

import pytest

from services.leads.service.enrichment.companies import remove_old_files
from tests.conftest import DatabaseOf
from tests.services.leads.builders import bare, fresh, heard, leads_of, rep, the_lead, told
from tests.services.leads.knowers import asking, chief, provided, settled, terms, the_provider
from tests.shared.outsiders import outsider

SAMPLE = {"source": "web", "person": {"email": "ana@acme.example"}}
FILE = {"kind": "file", "request": None}
BY_COLUMN = [{"field": "company.employees", "path": "Staff"}, {"field": "company.industry", "path": "Branch"}]


async def test_secrets_of_a_provider_are_sent_and_neither_shown_nor_stored_open(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with outsider(lambda request: {"size": 200}) as system, chief(db) as client:
        request = {"url": f"{system.url}/{{company.domain}}", "headers": {"Authorization": "Bearer {secret.key}"}}
        body = terms(request=request, active=False, secrets={"key": "hunter2"})
        added = await client.post("/providers", json=body)
        assert (added.status_code, added.json()["secrets"], added.headers["location"]) == (201, ["key"], "/providers/firms")
        trial = await told(client, "POST", "/providers/firms/test", SAMPLE)
        history = await client.get("/providers/firms/history")
    assert (trial["status"], trial["values"], trial["taken"]) == ("answered", {"company.employees": 200}, {"company.employees": 200})
    assert system.headers[0]["authorization"] == "Bearer hunter2"
    stored = await db.collection("providers").find_one({})
    assert "hunter2" not in f"{added.text} {history.text} {stored}"
    assert await leads_of(db) == []


async def test_a_trial_tells_what_is_wrong_and_is_counted(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await provided(db, active=False, price="0.1", currency="EUR")
    async with chief(db) as client:
        trial = await told(client, "POST", "/providers/firms/test", SAMPLE)
        not_asked = await told(client, "POST", "/providers/firms/test", SAMPLE | {"person": {"email": "ana@gmail.com"}})
        shown = await told(client, "GET", "/providers/firms")
    assert (trial["status"], trial["problem"]) == ("failed", "no answer: ConnectError")
    assert not_asked["status"] == "not_asked"
    assert (shown["usage"]["failed"], shown["usage"]["cost"]) == (1, "0")


async def test_a_provider_is_changed_listed_and_switched_off(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with chief(db) as client:
        await told(client, "POST", "/providers", terms(), expect=201)
        await told(client, "POST", "/providers", terms(), expect=409)
        off = await told(client, "PATCH", "/providers/firms", {"active": False, "secrets": {"key": "k"}}, headers={"if-match": '"1"'})
        await told(client, "PATCH", "/providers/firms", {"rank": 1}, headers={"if-match": '"1"'}, expect=412)
        (listed,) = (await told(client, "GET", "/providers?active=false"))["items"]
        (changed, added) = (await told(client, "GET", "/providers/firms/history"))["items"]
        await told(client, "GET", "/providers/nobody", expect=404)
    assert (off["version"], off["active"], off["secrets"]) == (2, False, ["key"])
    assert (listed["id"], listed["circuit"], listed["usage"]["calls"]) == ("firms", "closed", 0)
    assert (changed["what"], changed["after"]["active"], added["what"]) == ("changed", False, "added")


@pytest.mark.parametrize(
    ("wrong", "field", "rule"),
    [
        ({"request": {"url": "http://169.254.169.254/latest/meta-data/{company.domain}"}}, "url", "address"),
        ({"request": {"url": "file:///etc/passwd"}}, "url", "url"),
        ({"fields": [{"field": "person.email", "path": "x"}]}, "fields.0.field", "known_field"),
        ({"condition": "nonsense("}, "condition", "cel_syntax"),
        ({"fields": []}, "fields", "too_short"),
        ({"price": "1"}, "", "value_error"),
        ({"colour": "red"}, "colour", "extra_forbidden"),
    ],
)
async def test_what_could_never_work_is_refused_with_field_and_rule(
    database_of: DatabaseOf, wrong: dict[str, Any], field: str, rule: str
) -> None:
    db = await fresh(database_of)
    async with chief(db) as client:
        problem = await told(client, "POST", "/providers", terms() | wrong, expect=422)
    assert [(one["field"], one["rule"]) for one in problem["violations"]] == [(field, rule)]


async def test_a_change_that_makes_no_sense_with_the_rest_is_refused(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with chief(db) as client:
        await told(client, "POST", "/providers", terms(), expect=201)
        problem = await told(client, "PATCH", "/providers/firms", {"concurrency": 0}, expect=422)
        await told(client, "PATCH", "/providers/firms", {"monthly_budget": "5"}, expect=422)
    assert [(one["field"], one["rule"]) for one in problem["violations"]] == [("concurrency", "greater_than_equal")]


async def test_a_secret_is_removed_once_nothing_names_it(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    request = {"url": "https://firms.example/{company.domain}", "headers": {"X-Key": "{secret.key}"}}
    async with chief(db) as client:
        await told(client, "POST", "/providers", terms(request=request, secrets={"key": "k", "old": "o"}), expect=201)
        named = await told(client, "PATCH", "/providers/firms", {"secrets": {"key": None}}, expect=422)
        gone = await told(client, "PATCH", "/providers/firms", {"secrets": {"old": None, "never": None}})
        bare = await told(
            client, "PATCH", "/providers/firms", {"request": terms("https://firms.example")["request"], "secrets": {"key": None}}
        )
    assert (named["violations"][0]["rule"], gone["secrets"], bare["secrets"]) == ("known_secret", ["key"], [])
    assert (await the_provider(db)).sealed == {}


async def test_only_administrators_set_up_providers(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with rep(db) as client:
        await told(client, "POST", "/providers", terms(), expect=403)
        await told(client, "GET", "/providers", expect=403)
        await told(client, "POST", "/providers/firms/test", SAMPLE, expect=403)


async def test_exchange_rates_and_registers_are_asked_the_same_way(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with outsider(lambda request: {"rates": {"EUR": 0.0072}}) as system, chief(db) as client:
        request = {"url": f"{system.url}/latest?base={{interest.currency}}"}
        rate = [{"field": "attributes.eur_rate", "path": "rates.EUR"}]
        await told(client, "POST", "/providers", terms(id="rates", request=request, fields=rate), expect=201)
        await heard(db, bare(person={"email": "a@gmail.com"}, interest={"budget": "900000", "currency": "JPY"}))
        async with asking(db):
            await settled(db)
    assert (await the_lead(db))["attributes"] == {"eur_rate": "0.0072"}
    assert system.asked == ["/latest?base=JPY"]


def companies(count: int) -> bytes:
    """Of so many companies, in an order of their own; the seventh thousandth has no domain."""
    random.seed(7)
    text = io.StringIO()
    out = csv.writer(text, delimiter=";")
    out.writerow(["Company", "Website", "Country", "Staff", "Branch"])
    for number in range(count):
        website = "" if number == 7_000 else f"https://www.firm{number}.example"
        out.writerow([f"{_word()} {_word()} {number} GmbH", website, "Germany", str(number), "pumps"])
    out.writerow(["Hübner Kälteanlagen Süd AG", "", "DE", "512", "cooling"])
    return text.getvalue().encode()


def _word() -> str:
    return "".join(random.choice("bdfghklmnprst") + random.choice("aeiou") for _ in range(4)).capitalize()


async def test_a_file_of_ten_thousand_companies_is_looked_into_by_domain_and_then_by_name(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with chief(db) as client:
        await told(client, "POST", "/providers", terms(id="own", **FILE, fields=BY_COLUMN), expect=201)
        loaded = await told(client, "POST", "/providers/own/companies", files={"file": ("companies.csv", companies(10_000))})
        assert (loaded["file"]["rows"], loaded["file"]["columns"][3]) == (10_001, "Staff")
        await heard(
            db,
            bare(person={"email": "ana@firm9000.example"}),
            bare(person={"last_name": "Silva"}, company={"name": "Hubner Kaelteanlagen Sud", "country": "DE"}),
            bare(person={"last_name": "Nemo"}, company={"name": "Nobody Knows Us Ltd"}),
        )
        began = time.monotonic()
        async with asking(db):
            rows = await settled(db, 3)
        assert time.monotonic() - began < 5
    by_domain, by_name, unknown = await leads_of(db)
    assert (by_domain["company"]["employees"], by_domain["company"]["industry"]) == (9_000, "pumps")
    assert by_name["company"]["employees"] == 512
    assert 0.7 < by_name["provenance"][0]["confidence"] < by_domain["provenance"][0]["confidence"] == 0.8
    assert "employees" not in unknown["company"]
    assert [row["status"] for row in rows] == ["answered", "answered", "unknown"]


async def test_a_new_file_takes_the_place_of_the_old_one_whose_rows_go(database_of: DatabaseOf, monkeypatch: pytest.MonkeyPatch) -> None:
    db = await fresh(database_of)
    monkeypatch.setattr("services.leads.service.enrichment.companies.LOADING_SECONDS", -1)
    async with chief(db) as client:
        await told(client, "POST", "/providers", terms(id="own", **FILE, fields=BY_COLUMN), expect=201)
        for staff in (5, 6):
            csv_file = f"Company,Website,Staff,Branch\nAcme,acme.example,{staff},x\n".encode()
            await told(client, "POST", "/providers/own/companies", files={"file": ("c.csv", csv_file)})
        trial = await told(client, "POST", "/providers/own/test", SAMPLE)
    assert trial["values"]["company.employees"] == 6
    assert await db.collection("companies").count_documents({}) == 2
    await remove_old_files(db, [await the_provider(db, "own")])
    assert await db.collection("companies").count_documents({}) == 1


@pytest.mark.parametrize(
    ("content", "status", "rule"),
    [
        (b"Staff,Branch\n5,x\n", 422, "heading"),
        (b"Company,Staff\nAcme\n", 400, "columns"),
        (b'Company,Staff\n"Acme,5\n', 400, "csv"),
        (b"Company,Staff\nAc\xffme,5\n", 400, "utf8"),
    ],
)
async def test_what_is_no_file_of_companies_is_refused(database_of: DatabaseOf, content: bytes, status: int, rule: str) -> None:
    db = await fresh(database_of)
    async with chief(db) as client:
        await told(client, "POST", "/providers", terms(id="own", **FILE, fields=BY_COLUMN), expect=201)
        problem = await told(client, "POST", "/providers/own/companies", files={"file": ("c.csv", content)}, expect=status)
    assert problem["violations"][0]["rule"] == rule
