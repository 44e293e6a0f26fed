"""Pure decisions: what each event means to the console, and how that becomes rows and sentences."""

from services.console.rules import accounts, leads, opportunities
from services.console.rules.masking import hidden_from, without
from services.console.rules.meaning import MEANINGS, story_of
from services.console.rules.rows import asked_words, merge, name_of, new_row, passed_on, settle
from services.console.rules.sight import scopes_of

__all__ = [
    "MEANINGS",
    "accounts",
    "asked_words",
    "hidden_from",
    "leads",
    "merge",
    "name_of",
    "new_row",
    "opportunities",
    "passed_on",
    "scopes_of",
    "settle",
    "story_of",
    "without",
]
