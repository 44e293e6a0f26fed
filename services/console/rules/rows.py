"""How facts become a row: each part is what the newest event said of it, and what lists show is worked out from the parts.

The outcome depends on which events were heard, and not on their order. A row whose opening has not been heard yet is a row with
fewer parts.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from services.console.models import ADDRESS, Fact, Row

MAX_WORDS = 24
_WORD = re.compile(r"[\w@.+-]{2,40}")
_NOTHING: Row = {}
_PASSED_ON = {"dealt": ("owner_id", "team_id"), "erased": ("at",)}
_CLAIMABLE = ("qualified", "contacted")
LONG_AGO = datetime.min.replace(tzinfo=UTC)


def merge(row: Row, fact: Fact, said_at: datetime) -> bool:
    """Puts a fact in its place, unless a newer one is there; returns whether the row is another one now."""
    parts, known = row["parts"], row["parts"].get(fact.part)
    if known is not None and not _is_newer(fact, known, said_at):
        return False
    parts[fact.part] = {**fact.says, "v": fact.version, "said_at": said_at}
    return True


def new_row(record_id: str) -> Row:
    return {"_id": record_id, "parts": {}}


def _is_newer(fact: Fact, known: Row, said_at: datetime) -> bool:
    """Of two that were said at one version the later counts; if they say the same, the earlier, so that order makes no difference."""
    if fact.version != known["v"]:
        return bool(fact.version > known["v"])
    says_the_same = all(known.get(name) == value for name, value in fact.says.items())
    return bool(said_at < known["said_at"] if says_the_same else said_at > known["said_at"])


def settle(kind: str, row: Row) -> Row:
    """Works out what lists show and filter by."""
    parts = row["parts"]
    if "erased" in parts:
        _take_out_the_person(parts)
    said = [part["said_at"] for part in parts.values()]
    shown = _SETTLED[kind](parts)
    shown["since"] = shown.get("since") or min(said)
    return row | shown | {"updated_at": max(said), "version": max(part["v"] for part in parts.values())}


def passed_on(lead: Row) -> list[tuple[datetime, Fact]]:
    """A sale follows its lead to a new owner, and into oblivion; no event of the sale says so."""
    parts, sale = lead["parts"], lead["parts"].get("sale")
    return [_passed(sale, name, parts[name]) for name in _PASSED_ON if name in parts] if sale else []


def _passed(sale: Row, name: str, part: Row) -> tuple[datetime, Fact]:
    says = {field: part[field] for field in _PASSED_ON[name]}
    return part["said_at"], Fact("opportunities", sale["opportunity_id"], name, part["v"], says)


def _take_out_the_person(parts: Row) -> None:
    """Also from what is heard of them after they were erased."""
    for part in parts.values():
        for personal in ("person", "interest", "name", "subject"):
            part.pop(personal, None)


def _lead(parts: Row) -> Row:
    capture, verdict, dealt = _part(parts, "capture"), _part(parts, "verdict"), _part(parts, "dealt")
    identity, enrichment = _part(parts, "identity"), _part(parts, "enrichment")
    person = _part(enrichment, "person") | _part(identity, "person")
    company = _part(enrichment, "company") | _part(identity, "company")
    whose, status = _whose(dealt, verdict), _lead_status(parts, capture, verdict)
    waiting = whose.get("owner_id") is not None and "withdrawn" not in parts and not _newer(parts, "contact", "dealt")
    waiting = waiting and verdict.get("status") != "disqualified"
    return {
        "name": name_of(person) or company.get("name") or "",
        "company": company.get("name"),
        "words": words_of(name_of(person), company.get("name"), company.get("domain")) + addresses_of(person),
        "source": capture.get("source"),
        "status": status,
        "into": _part(parts, "absorbed").get("into"),
        "score": verdict.get("score"),
        "grade": verdict.get("grade"),
        "owner_id": whose.get("owner_id"),
        "team_id": whose.get("team_id"),
        "to_claim": whose.get("to_claim") if status in _CLAIMABLE and "erased" not in parts else None,
        "respond_by": dealt.get("respond_by") if waiting else None,
        "overdue": waiting and _newer(parts, "late", "dealt"),
        "since": capture.get("at"),
    }


def _whose(dealt: Row, verdict: Row) -> Row:
    """What was said last of whose it is: with the verdict, or since."""
    return verdict if "team_id" in verdict and verdict["v"] > dealt.get("v", 0) else dealt


def _lead_status(parts: Row, capture: Row, verdict: Row) -> str:
    if _part(parts, "absorbed").get("into"):
        return "merged"
    if "withdrawn" in parts:
        return "withdrawn"
    if _newer(parts, "contact", "verdict"):
        return "contacted"
    return str(verdict.get("status") or capture.get("status") or "captured")


def _opportunity(parts: Row) -> Row:
    opening, ending, stage = _part(parts, "opening"), _part(parts, "ending"), _part(parts, "stage")
    company, person = _part(opening, "company"), _part(opening, "person")
    is_open, dealt = ending.get("outcome") is None and "withdrawn" not in parts, _part(parts, "dealt")
    owner = max((_part(parts, "owner"), dealt), key=lambda part: part.get("said_at", LONG_AGO))
    return {
        "name": opening.get("name") or company.get("name") or name_of(person),
        "company": company.get("name"),
        "words": words_of(opening.get("name"), company.get("name"), company.get("domain"), name_of(person)) + addresses_of(person),
        "lead_id": opening.get("lead_id"),
        "open": is_open,
        "outcome": ending.get("outcome"),
        "stage": stage.get("stage"),
        "stage_since": stage.get("since"),
        "probability": stage.get("probability"),
        "amount": _part(parts, "money").get("amount"),
        "currency": _part(parts, "money").get("currency"),
        "owner_id": owner.get("owner_id"),
        "team_id": dealt.get("team_id") or _part(parts, "team").get("team_id"),
        "stalled": is_open and _newer(parts, "stall", "stage") and _newer(parts, "stall", "activity"),
        "since": opening.get("at"),
        "closed_at": None if is_open else ending.get("at"),
    }


def _account(parts: Row) -> Row:
    profile, content, risk = _part(parts, "profile"), _part(parts, "satisfaction"), _part(parts, "risk")
    return {
        "name": profile.get("name") or "",
        "words": words_of(profile.get("name"), profile.get("domain")) + addresses_of(*profile.get("contacts", ())),
        "owner_id": profile.get("owner_id"),
        "satisfaction": content.get("score"),
        "at_risk": bool(risk.get("reasons")) and not _newer(parts, "satisfaction", "risk"),
        "health": risk.get("health"),
        "since": _part(parts, "opening").get("at"),
    }


def _case(parts: Row) -> Row:
    opening, resolution = _part(parts, "opening"), _part(parts, "resolution")
    status = "resolved" if resolution else "overdue" if "late" in parts else "open"
    return {
        "name": opening.get("subject") or "",
        "severity": opening.get("severity"),
        "account_id": opening.get("account_id"),
        "owner_id": opening.get("owner_id"),
        "status": status,
        "respond_by": None if resolution else opening.get("respond_by"),
        "since": opening.get("at"),
    }


def _rep(parts: Row) -> Row:
    person = parts["person"]
    return {"name": person["name"], "email": person["email"].casefold(), "team_id": person["team_id"], "active": person["active"]}


def _stage(parts: Row) -> Row:
    return {"percent": parts["seen"]["percent"]}


def _policy(parts: Row) -> Row:
    return {"hidden": parts["masking"]["hidden"]}


def _link(parts: Row) -> Row:
    return {"ends": parts["tie"]["ends"], "tied": parts["tie"]["tied"]}


_SETTLED: Mapping[str, Callable[[Row], Row]] = {
    "leads": _lead,
    "opportunities": _opportunity,
    "accounts": _account,
    "cases": _case,
    "reps": _rep,
    "stages": _stage,
    "links": _link,
    "policies": _policy,
}


def name_of(person: Mapping[str, Any]) -> str:
    return " ".join(part for part in (person.get("first_name"), person.get("last_name")) if part)


def words_of(*texts: str | None) -> list[str]:
    """What a search finds a record by: its words, in lower case."""
    found = {word for text in texts if text for word in _WORD.findall(text.casefold())}
    return sorted(found)[:MAX_WORDS]


def addresses_of(*people: Mapping[str, Any]) -> list[str]:
    """Apart from the other words, for not everybody may find somebody by them."""
    return [ADDRESS + word for word in words_of(*(person.get(field) for person in people for field in ("email", "phone")))]


def asked_words(text: str) -> list[str]:
    """The words of a search."""
    return list(_WORD.findall(text.casefold()))[:6]


def _part(parts: Row, name: str) -> Row:
    return parts.get(name) or _NOTHING


def _newer(parts: Row, one: str, other: str) -> bool:
    """Whether part `one` is there and was said after part `other`."""
    return one in parts and (other not in parts or parts[one]["v"] > parts[other]["v"])
