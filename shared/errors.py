"""The error tree: three kinds, three fates.

DealwireError
├── Refused            the input is at fault: 4xx over HTTP, parked at once over Kafka, never retried
│   ├── Malformed          400  not JSON, not CSV, a broken envelope
│   ├── Unauthenticated    401  no proof, or a bad proof, of who is asking
│   ├── Forbidden          403  known, but not allowed
│   ├── NotFound           404
│   ├── NotAllowedNow      409  the state of the record says no
│   ├── StaleVersion       412  somebody changed the record since it was read
│   ├── TooLarge           413
│   ├── Invalid            422  a field breaks a rule
│   └── TooMany            429
├── Unreachable        503  MongoDB, Kafka or a provider is away: wait and retry, never park
└── Contended          409  two workers met on one record: run again at once

Anything else that is raised is a bug: a few tries, then parked, and an operator sees it.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Violation:
    """One field that breaks one rule: `field` is a dotted path such as `person.email`, `rule` a slug such as `e164`."""

    field: str
    rule: str
    detail: str


class DealwireError(Exception):
    """The root: everything raised on purpose."""


class Refused(DealwireError):
    """The input is at fault; `violations` name the fields and the rules they break. `headers` go with the answer over HTTP."""

    status = 422
    title = "The request was refused"

    def __init__(
        self,
        detail: str,
        *,
        field: str = "",
        rule: str = "",
        violations: tuple[Violation, ...] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = dict(headers or {})
        self.violations = violations or ((Violation(field, rule, detail),) if rule else ())


class Malformed(Refused):
    status = 400
    title = "The message could not be read"


class Unauthenticated(Refused):
    status = 401
    title = "Sign in first"


class Forbidden(Refused):
    status = 403
    title = "Not allowed"


class NotFound(Refused):
    status = 404
    title = "Not found"


class NotAllowedNow(Refused):
    status = 409
    title = "The record's state does not allow this"


class StaleVersion(Refused):
    status = 412
    title = "The record has changed since it was read"


class TooLarge(Refused):
    status = 413
    title = "Too large"


class Invalid(Refused):
    title = "A field breaks a rule"


class TooMany(Refused):
    status = 429
    title = "Too many requests"


class Unreachable(DealwireError):
    """A server is away; the work is kept and tried again for as long as it takes."""

    status = 503
    title = "A server that this needs is away; try again shortly"


class Contended(DealwireError):
    """Two workers met on one record and this one lost; running again settles it."""

    status = 409
    title = "Someone else is changing this record; try again"
