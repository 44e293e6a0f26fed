"""Names of companies in the one form in which they can be compared, and what all comparing begins with."""

import re
import unicodedata
from collections import defaultdict
from functools import lru_cache

from cleanco.clean import prepare_default_terms

# Canonical combining classes (Unicode, 4.3): overlays, points of Hebrew and Arabic, and what stands above and below Latin letters.
_ACCENTS = frozenset([1, *range(10, 37), *range(200, 241)])
_NOT_A_WORD = re.compile(r"[^\w]+")
# In letters that no accent can be taken from.
_MORE_FORMS = (["społka", "z", "oo"],)
_WITHIN_A_WORD = str.maketrans("", "", ".,-'’")


def folded(text: str) -> str:
    """Lower case, without accents and punctuation, one space between words."""
    if text.isascii():
        return _NOT_A_WORD.sub(" ", text.casefold()).strip()
    letters = (letter if _is_of_a_word(letter) else " " for letter in _without_accents(text).casefold())
    return " ".join("".join(letters).split())


def _without_accents(text: str) -> str:
    """And without what is mostly left out where it could be written: the vowels of Arabic and Hebrew."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", text) if unicodedata.combining(letter) not in _ACCENTS)


def _is_of_a_word(letter: str) -> bool:
    """A mark that is no accent tells words apart: the vowels of Hindi and Thai, the voiced sounds of Japanese."""
    return letter.isalnum() or letter == "_" or unicodedata.category(letter)[0] == "M"


def _legal_forms() -> dict[str, list[list[str]]]:
    """By their last word, the longest first."""
    forms: defaultdict[str, list[list[str]]] = defaultdict(list)
    for parts in [*(parts for _, parts in prepare_default_terms()), *_MORE_FORMS]:
        words = [word for part in parts for word in folded(part).split()]
        forms[words[-1]].append(words)
    return dict(forms)


_LEGAL_FORMS = _legal_forms()


@lru_cache(16_384)
def company_key(name: str) -> str:
    """A company's name without its legal form; a name that is nothing but a legal form stays."""
    words = folded(name.translate(_WITHIN_A_WORD)).split()
    while ending := _legal_ending(words):
        del words[-ending:]
    return " ".join(words)


def _legal_ending(words: list[str]) -> int:
    """How many words at the end say the legal form, leaving at least one that does not."""
    forms = _LEGAL_FORMS.get(words[-1], ()) if words else ()
    return next((len(form) for form in forms if len(form) < len(words) and words[-len(form) :] == form), 0)
