"""What somebody has agreed to, when, and when they said otherwise: read backwards out of the history of their lead."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Fields = Mapping[str, Any]
_PREFIX = "consent."


def consent_history(lead: Fields, changes: Sequence[Fields]) -> Iterator[dict[str, Any]]:
    """The latest first, as `changes`, those of the lead, are; of these only those of the consent count."""
    consent = dict(lead.get("consent", {}))
    for change in changes:
        before = _of_consent(change["before"])
        if before or _of_consent(change["after"]):
            yield {"at": change["at"], "by": change["by"], "submission_id": change["after"].get("submission_id"), "consent": consent}
            consent = dict(change["before"]["consent"]) if "consent" in change["before"] else _with(consent, before)
    if consent:
        yield {"at": lead["created_at"], "by": None, "submission_id": lead["submission_id"], "consent": consent}


def _with(consent: Fields, before: Fields) -> dict[str, Any]:
    return {name: value for name, value in {**consent, **before}.items() if value is not None}


def _of_consent(fields: Fields) -> dict[str, Any]:
    """Field by field, or as a whole."""
    return {name.removeprefix(_PREFIX): value for name, value in fields.items() if name == "consent" or name.startswith(_PREFIX)}
