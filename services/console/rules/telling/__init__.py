"""A timeline's entries as sentences."""

from services.console.rules.telling import accounts, leads, opportunities
from services.console.rules.telling.sentences import Sentence, people_in, tell

__all__ = ["Sentence", "accounts", "leads", "opportunities", "people_in", "tell"]
