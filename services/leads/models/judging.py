"""Leads judged anew by criteria that have just come into force."""

from typing import ClassVar

from shared.database import Record


class Rejudging(Record):
    """`id` is the version of the criteria, `position` the lead up to which all have been judged by it."""

    noun: ClassVar[str] = "rejudging"

    position: str = ""
    leads: int = 0
    qualified: int = 0
    disqualified: int = 0
    regraded: int = 0
    done: bool = False
