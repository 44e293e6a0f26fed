"""Who is to be forgotten, how they are recognised in what no index finds, and what is left afterwards."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any, ClassVar

from services.leads.models.imports import rows_of
from shared.database import Record
from shared.events.people import email_hash

Fields = dict[str, Any]
# As few of the last digits as nobody else's number ends in by chance.
DIGITS_THAT_TELL = 9
_BETWEEN_DIGITS = r"[\s()./\u00a0-]*"
_ESCAPED_SPACE = re.compile(r"\\[nrt]")
NOBODY = re.compile(r"(?!)")


class ErasureRecord(Record):
    """The certificate. `names` are hashes of what they were known by, and ids: enough to know that it was done, and of whom, if one knows.

    `erased` counts by collection what was wiped.
    """

    noun: ClassVar[str] = "erasure"

    names: list[str]
    lead_ids: list[str]
    reason: str
    erased: dict[str, int]
    created_by: str


@dataclass(frozen=True)
class Forgotten:
    """A person as all their leads know them; in the sense of `person.erased` they are one by their addresses."""

    lead_ids: frozenset[str]
    emails: frozenset[str]
    phones: frozenset[str]
    submission_ids: frozenset[str]

    @property
    def email_hashes(self) -> list[str]:
        return sorted(email_hash(email) for email in self.emails)

    @property
    def names(self) -> list[str]:
        told = [f"email:{one}" for one in self.email_hashes] + [
            f"phone:{sha256(phone.encode()).hexdigest()}" for phone in sorted(self.phones)
        ]
        return [*(f"lead:{lead_id}" for lead_id in sorted(self.lead_ids)), *told]

    @cached_property
    def addresses(self) -> re.Pattern[str]:
        """Each as a whole: ana@x.example does not stand in joana@x.example."""
        emails = (rf"(?<![\w.+%-]){re.escape(email)}(?![\w-]|\.\w)" for email in sorted(self.emails))
        tails = (re.sub(r"\D", "", phone)[-DIGITS_THAT_TELL:] for phone in sorted(self.phones))
        written = [*emails, *(_BETWEEN_DIGITS.join(tail) + r"(?!\d)" for tail in tails)]
        return re.compile("|".join(written), re.IGNORECASE) if written else NOBODY

    def is_named_in(self, *values: Any) -> bool:
        """By an address."""
        return any(self.addresses.search(text) for text in _texts(values))

    def is_in(self, *values: Any) -> bool:
        """By an address or by a lead, wherever it stands."""
        return any(self.addresses.search(text) or any(lead_id in text for lead_id in self.lead_ids) for text in _texts(values))

    @cached_property
    def _addresses_in_bytes(self) -> re.Pattern[str]:
        written = {email.encode().decode("latin-1") for email in self.emails}
        return Forgotten(self.lead_ids, frozenset(written), self.phones, self.submission_ids).addresses

    def may_stand_in(self, data: bytes) -> bool:
        return b"\\u" in data or self._addresses_in_bytes.search(data.decode("latin-1")) is not None

    def rows_in(self, data: bytes, separators: str) -> list[tuple[int, int]]:
        """Where each row of a file that has one of the addresses begins and ends."""
        rows = rows_of(separators).finditer(data.decode("latin-1")) if self.may_stand_in(data) else ()
        return [row.span() for row in rows if self._addresses_in_bytes.search(_read(row[0]))]


def _texts(values: Iterable[Any]) -> Iterable[str]:
    """All the texts that these values hold, as people would read them."""
    for value in values:
        if isinstance(value, bytes):
            value = value.decode(errors="replace")
        if isinstance(value, str):
            yield _ESCAPED_SPACE.sub(" ", _read(value))
        elif isinstance(value, Mapping):
            yield from _texts(value.values())
        elif isinstance(value, list | tuple):
            yield from _texts(value)


def _read(text: str) -> str:
    """JSON may write every character as its number."""
    if "\\u" not in text:
        return text
    try:
        return json.dumps(json.loads(text), ensure_ascii=False)
    except ValueError:
        return text


# What is kept of a lead: that there was one, where it came from, who worked on it and what came of it. All else goes, and so does
# every field that is not known here.
_OF_LEAD = (
    *("_id", "version", "created_at", "source", "submission_id", "correlation_id", "score", "grade", "criteria_version", "met"),
    *("pool_id", "team_id", "rule", "territory_id", "respond_within", "owner_id", "previous_owner_id", "assigned_at", "respond_by"),
    *("reroutes", "contacted_at", "opportunity_id", "outcome", "deal_version", "merged_into", "qualified_at", "closed_at"),
)
_OF_COMPANY = ("country", "industry", "employees")
_OF_INTEREST = ("budget", "currency")
_OF_SUBMISSION = (
    *("_id", "source", "unknown_source", "import_id", "import_line", "by", "status", "lead_id", "rule", "field", "dropped", "via"),
    *("tries", "received_at", "settled_at", "consent_id"),
)
_OF_CHANGE = ("status", "owner_id", "team_id", "score", "grade", "criteria_version", "steps", "outcome", "opportunity_id", "submission_id")
_ALSO_OF_CHANGE = ("pool_id", "rule", "source", "merged_lead_id", "merged_into", "contacted_at", "assigned_at", "respond_by")


def left_of_lead(lead: Mapping[str, Any]) -> Fields:
    parts = {"company": _few(lead.get("company", {}), _OF_COMPANY), "interest": _few(lead.get("interest", {}), _OF_INTEREST)}
    nothing: Fields = {"person": {}, "consent": {}, "attribution": {}, "attributes": {}, "corrections": []}
    return {**_few(lead, _OF_LEAD), **nothing, **parts, "status": "erased"}


def left_of_submission(row: Mapping[str, Any]) -> Fields:
    """One that was still on its way, or waited for somebody, ends here."""
    ended = _ENDS.get(row["status"], {})
    return {**_few(row, _OF_SUBMISSION), **ended, "raw": b""}


def left_of_change(fields: Mapping[str, Any]) -> Fields:
    return _few(fields, (*_OF_CHANGE, *_ALSO_OF_CHANGE))


ERASED = "erased"
_REFUSED, _DISCARDED = {"status": "refused", "rule": ERASED}, {"status": "discarded"}
_ENDS: Mapping[str, Fields] = {
    **dict.fromkeys(("pending", "unconfirmed"), _REFUSED),
    **dict.fromkeys(("spam", "auto_reply", "bounce"), _DISCARDED),
}
# Events that are all about what a person said are not said any more.
UNSAID = ("lead.submitted", "engagement.recorded", "consent.requested")
_BLANK_IN_EVENTS: Fields = {"person": {}, "interest": {}, "attribution": {}}


def left_of_event(topic: str, value: bytes) -> bytes | None:
    """None when nothing is left to be said."""
    if topic in UNSAID or topic.endswith(".dead"):
        return None
    data: Fields = json.loads(value)
    left = _without_person(data)
    if "restored" in data:
        left["restored"] = _without_person(data["restored"])
    return json.dumps(left).encode() if left != data else value


def _without_person(data: Fields) -> Fields:
    blank = {name: empty for name, empty in _BLANK_IN_EVENTS.items() if name in data}
    if "company" in data:
        blank["company"] = _few(data["company"], _OF_COMPANY)
    return {**data, **blank}


def _few(fields: Mapping[str, Any], names: Iterable[str]) -> Fields:
    return {name: fields[name] for name in names if name in fields}
