"""Who is told of what, and in which words."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from shared.database import Record

Channel = Literal["in_app", "mail"]
# A role and a person are named with a word in front: `role:agent`, `person:ana`.
Addressee = Annotated[str, StringConstraints(pattern=r"^(owner|manager|team|previous_owner|role:[a-z_]{1,40}|person:\S{1,200})$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
Condition = Annotated[str, StringConstraints(min_length=1, max_length=2_000, strip_whitespace=True)]


class Rule(Record):
    """`on` is a topic; `condition` a CEL expression over `event`. Built-in rules can be changed and switched off, but not deleted.

    `owner` is the owner of what the event is about, `manager` their manager, `team` the deal's team or else the owner's.
    """

    name: str
    on: str
    condition: Condition | None = None
    recipients: Annotated[list[Addressee], Field(min_length=1, max_length=50)]
    channels: Annotated[list[Channel], Field(min_length=1, max_length=2)]
    template_id: str
    enabled: bool = True
    builtin: bool = False


class Template(Record):
    """Jinja2; `html` is made from `text` when there is none."""

    subject: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    text: Annotated[str, StringConstraints(min_length=1, max_length=20_000)]
    html: Annotated[str, StringConstraints(max_length=50_000)] | None = None
    builtin: bool = False
