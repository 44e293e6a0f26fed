"""Pure decisions: what each event means to the console, and how that becomes rows and sentences."""

from services.console.rules import accounts, leads, opportunities
from services.console.rules.meaning import MEANINGS, story_of
from services.console.rules.rows import asked_words, merge, name_of, new_row, passed_on, settle

__all__ = [
    "MEANINGS",
    "accounts",
    "asked_words",
    "leads",
    "merge",
    "name_of",
    "new_row",
    "opportunities",
    "passed_on",
    "settle",
    "story_of",
]
