"""Bad input, in one table for all doors: what is wrong with it, and which field and rule must be named."""

from typing import Any, NamedTuple

Submission = dict[str, Any]


class Wrong(NamedTuple):
    """Readable, but not acceptable: `fields` are set, by path, in a submission that was good."""

    what: str
    fields: dict[str, Any]
    field: str
    rule: str


class Unreadable(NamedTuple):
    """What comes as bytes: the status and what is named by HTTP, and what is named by Kafka."""

    what: str
    value: bytes
    status: int
    by_http: tuple[str, str]
    by_kafka: tuple[str, str]


WRONG = [
    Wrong("a word for a number", {"company.employees": "many"}, "company.employees", "int_parsing"),
    Wrong("an absurd number", {"company.employees": 10**30}, "company.employees", "less_than_equal"),
    Wrong("negative money", {"interest.budget": "-5"}, "interest.budget", "greater_than_equal"),
    Wrong("money without end", {"interest.budget": "9" * 40}, "interest.budget", "decimal_max_digits"),
    Wrong("money that is none", {"interest.budget": "NaN"}, "interest.budget", "finite_number"),
    Wrong("no currency of this world", {"interest.currency": "euro"}, "interest.currency", "currency"),
    Wrong("a time without zone", {"submitted_at": "2026-03-02T09:30:00"}, "submitted_at", "timezone_aware"),
    Wrong("a time before all time", {"submitted_at": "0001-01-01T00:00:00Z"}, "submitted_at", "greater_than_equal"),
    Wrong("a time that is none", {"submitted_at": "soon"}, "submitted_at", "datetime_from_date_parsing"),
    Wrong("notes of 100 kB", {"interest.notes": "x" * 100_000}, "interest.notes", "string_too_long"),
    Wrong("markup in a name", {"person.first_name": "<script>alert(1)</script>"}, "person.first_name", "markup"),
    Wrong("a null byte", {"person.last_name": "Love\x00lace"}, "person.last_name", "control_characters"),
    Wrong("a command to a terminal", {"company.name": "\x1b[2JAcme"}, "company.name", "control_characters"),
    Wrong("maybe for yes or no", {"consent.marketing": "perhaps"}, "consent.marketing", "bool_parsing"),
    Wrong("nobody at all", {"person.email": "", "person.last_name": ""}, "person", "identity_required"),
    Wrong("an address that is none, of nobody else", {"person.email": "ada at acme", "person.last_name": ""}, "person.email", "email"),
    Wrong("a number that rings nowhere", {"person.email": "", "person.phone": "12", "person.last_name": ""}, "person.phone", "phone"),
]

_DEEP = b"[" * 100_000
UNREADABLE = [
    Unreadable("broken JSON", b'{"source": "web", ', 400, ("body", "json"), ("value", "json")),
    Unreadable("no JSON at all", b"source=web&email=ada@acme.example", 400, ("body", "json"), ("value", "json")),
    Unreadable("bytes that are no text", b'{"source": "web", "person": {"email": "\xff\xfe"}}', 400, ("body", "utf8"), ("value", "utf8")),
    Unreadable(
        "half a surrogate pair",
        b'{"source": "web", "person": {"email": "\\ud800"}}',
        422,
        ("person.email", "string_unicode"),
        ("value", "json"),
    ),
    Unreadable("a bottomless pit", _DEEP, 400, ("body", "unreadable"), ("value", "json")),
    Unreadable("a list", b"[1, 2]", 422, ("", "model_type"), ("value", "object")),
    Unreadable("null", b"null", 422, ("", "model_type"), ("value", "object")),
    Unreadable("nothing", b"", 422, ("", "missing"), ("value", "json")),
    Unreadable("null for an object", b'{"source": "web", "person": null}', 422, ("person", "model_type"), ("person", "model_type")),
    Unreadable("a word for an object", b'{"source": "web", "person": "Ada"}', 422, ("person", "model_type"), ("person", "model_type")),
    Unreadable("no source", b'{"person": {"email": "ada@acme.example"}}', 422, ("source", "missing"), ("source", "missing")),
    Unreadable(
        "a source that is no slug",
        b'{"source": "Web Form!", "person": {"email": "a@b.example"}}',
        422,
        ("source", "slug"),
        ("source", "slug"),
    ),
    Unreadable(
        "notes of a megabyte",
        b'{"source": "web", "person": {"email": "a@b.example"}, "interest": {"notes": "' + b"x" * 1_000_000 + b'"}}',
        413,
        ("body", "size"),
        ("interest.notes", "string_too_long"),
    ),
]


def good(number: int = 0) -> Submission:
    return {
        "source": "web",
        "person": {"first_name": "Ada", "last_name": f"Lovelace {number}", "email": f"ada{number}@acme.example"},
        "company": {"name": "Acme"},
        "interest": {"product": "pump"},
    }


def wrong(case: Wrong) -> Submission:
    submission = good(99)
    for path, value in case.fields.items():
        part, _, field = path.rpartition(".")
        (submission.setdefault(part, {}) if part else submission)[field] = value
    return submission
