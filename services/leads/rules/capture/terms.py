"""On what terms a source is heard: whether at all, what it may say, what is filled in for it, and how often it may knock."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

from pydantic import BaseModel, ValidationError

from services.leads.models import Limits, Source
from services.leads.rules.capture.identity import Intake, filled, taken_in
from services.leads.rules.capture.mapping import FIELDS
from shared.errors import Forbidden, Invalid, TooMany, Violation
from shared.events import Attribution, Company, Consent, Interest, LeadSubmitted, Person
from shared.violations import violations_of

Fields = dict[str, Any]
PARTS: dict[str, type[BaseModel]] = {
    "person": Person,
    "company": Company,
    "interest": Interest,
    "consent": Consent,
    "attribution": Attribution,
}
_FREE = ("attributes.", "attribution.")
# Without these nothing could be told of where it came from; they are the envelope and not the letter.
_OF_THE_ENVELOPE = frozenset({"source", "external_id", "submitted_at"})
MOST_NOTED = 50


@dataclass(frozen=True, slots=True)
class Terms:
    """Those of one source. `defaults` are by part and field; `allowed` is None when it may say everything."""

    slug: str
    off: str | None
    allowed: frozenset[str] | None
    defaults: Mapping[str, Fields]
    limits: Limits

    @classmethod
    def of(cls, source: Source) -> Self | None:
        """None for a source that has none, as most have."""
        defaults = defaults_of(source.default_fields, source.consent_basis)
        off = None if source.active else (source.off_reason or "no reason was given")
        allowed = frozenset(source.allowed_fields) or None
        if off is None and allowed is None and not defaults and source.limits == Limits():
            return None
        return cls(source.id, off, allowed, defaults, source.limits)

    @property
    def is_limited(self) -> bool:
        return self.limits != Limits()

    def closed(self) -> Forbidden | None:
        if self.off is None:
            return None
        return Forbidden(f"The source {self.slug} is switched off: {self.off}", field="source", rule="switched_off")

    def taken_in(self, submission: LeadSubmitted, submission_id: str = "", *, promised: bool = False) -> Intake:
        """Put in order on these terms. What was `promised` while the source was on is taken."""
        kept, dropped = self.applied(submission)
        intake = taken_in(kept, submission_id)
        closed = None if promised else self.closed()
        if closed is None and not dropped:
            return intake
        return replace(intake, refusal=closed or intake.refusal, dropped=dropped[:MOST_NOTED])

    def applied(self, submission: LeadSubmitted) -> tuple[LeadSubmitted, list[str]]:
        """What may be said, with what is filled in; and the paths of what may not."""
        dropped: list[str] = []
        changes: Fields = {}
        for name in self._concerned():
            said = submission.attributes if name == "attributes" else filled(getattr(submission, name))
            kept = self._kept(name, said, dropped)
            if kept is not said:
                changes[name] = kept if name == "attributes" else PARTS[name].model_construct(**kept)
        return submission.model_copy(update=changes) if changes else submission, dropped

    def _concerned(self) -> Iterable[str]:
        return self.defaults if self.allowed is None else (*PARTS, "attributes")

    def _kept(self, name: str, said: Fields, dropped: list[str]) -> Fields:
        """`said` itself when nothing is changed about it, as is mostly so: a part is dear to make."""
        gone = [field for field in said if not self._may_say(name, field)]
        dropped += [f"{name}.{field}" for field in gone]
        missing = {field: value for field, value in self.defaults.get(name, {}).items() if field not in said or field in gone}
        return {**{field: said[field] for field in said if field not in gone}, **missing} if gone or missing else said

    def _may_say(self, part: str, field: str) -> bool:
        return self.allowed is None or part in self.allowed or f"{part}.{field}" in self.allowed


def take_in(terms: Terms | None, submission: LeadSubmitted, submission_id: str = "", *, promised: bool = False) -> Intake:
    """The hot path's way in: a source without terms costs nothing more."""
    return taken_in(submission, submission_id) if terms is None else terms.taken_in(submission, submission_id, promised=promised)


def defaults_of(fields: Mapping[str, str], consent_basis: str | None) -> dict[str, Fields]:
    """By part, as their types want them. Raises Invalid, its violations named by field."""
    said: dict[str, Fields] = {}
    for path, text in fields.items():
        part, _, field = path.partition(".")
        said.setdefault(part, {})[field] = text
    if consent_basis:
        said["consent"] = {"basis": consent_basis, **said.get("consent", {})}
    return {part: values if part == "attributes" else _typed(part, values) for part, values in said.items()}


def _typed(part: str, values: Fields) -> Fields:
    try:
        return filled(PARTS[part].model_validate(values))
    except ValidationError as error:
        named = tuple(Violation(f"default_fields.{part}.{one.field}", one.rule, one.detail) for one in violations_of(error))
        raise Invalid("A default does not fit its field", violations=named) from error


def check_terms(source: Source) -> None:
    """Raises Invalid, naming every field that there is not, and every default that does not fit."""
    wrong = [*_unknown("allowed_fields", source.allowed_fields), *_unknown("default_fields", list(source.default_fields), parts=())]
    if wrong:
        raise Invalid("There is no such field", violations=tuple(wrong))
    defaults_of(source.default_fields, source.consent_basis)
    if not source.active and not source.off_reason:
        raise Invalid("A source is switched off for a reason; say it in off_reason", field="off_reason", rule="missing")


def _unknown(where: str, paths: Sequence[str], *, parts: Sequence[str] = (*PARTS, "attributes")) -> list[Violation]:
    known = FIELDS - _OF_THE_ENVELOPE
    strange = [path for path in paths if path not in known and path not in parts and not _is_free(path)]
    return [Violation(f"{where}.{path[:100]}", "known_field", f"There is no field {path[:100]}") for path in strange]


def _is_free(path: str) -> bool:
    """A name of the sender's own, in a part that has room for such."""
    return path.startswith(_FREE) and 0 < len(path.partition(".")[2]) <= 100


def windows(now: datetime) -> tuple[str, str]:
    """The minute and the day, by UTC, in which a submission counts."""
    moment = now.isoformat()
    return moment[:16], moment[:10]


def beyond(limits: Limits, minute: int, day: int, now: datetime) -> TooMany | None:
    """Whether one more is too many after so many in this minute and on this day, and when to come again."""
    if limits.per_day is not None and day >= limits.per_day:
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        return _too_many(f"This source may submit {limits.per_day} in a day", "per_day", (midnight - now).total_seconds())
    if limits.per_minute is not None and minute >= limits.per_minute:
        return _too_many(f"This source may submit {limits.per_minute} in a minute", "per_minute", 60 - now.second)
    return None


def _too_many(detail: str, rule: str, seconds: float) -> TooMany:
    return TooMany(detail, field="source", rule=rule, headers={"retry-after": str(max(1, round(seconds)))})
