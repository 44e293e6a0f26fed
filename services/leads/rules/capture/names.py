"""Names of people and countries in the one form in which they can be compared."""

import re
from collections import defaultdict
from functools import cache, lru_cache
from gettext import translation

import pycountry
from nameparser import HumanName
from nameparser.config import CONSTANTS

from shared.names import folded

# Letters of any script, and what stands within and between words.
_WORDS_ALONE = re.compile(r"(?:[^\W\d_]|['’.,\-\s\u0300-\u036f])+")
_MARKUP = re.compile(r"</?[a-zA-Z!]")
# Names in these scripts begin with the family's.
_FAMILY_FIRST = re.compile("[\u2e80-\u9fff\uac00-\ud7af]")
_NOT_A_NAME = frozenset(
    word
    for words in (CONSTANTS.titles, CONSTANTS.prefixes, CONSTANTS.conjunctions, CONSTANTS.suffix_acronyms, CONSTANTS.suffix_not_acronyms)
    for word in words
)
# What people write, where the standard's own table has another name.
_ALSO_CALLED = {
    "america": "US",
    "brasil": "BR",
    "cesko": "CZ",
    "czech republic": "CZ",
    "danmark": "DK",
    "deutschland": "DE",
    "england": "GB",
    "espana": "ES",
    "great britain": "GB",
    "holland": "NL",
    "italia": "IT",
    "magyarorszag": "HU",
    "nederland": "NL",
    "norge": "NO",
    "northern ireland": "GB",
    "osterreich": "AT",
    "polska": "PL",
    "russia": "RU",
    "schweiz": "CH",
    "scotland": "GB",
    "south korea": "KR",
    "suisse": "CH",
    "suomi": "FI",
    "sverige": "SE",
    "svizzera": "CH",
    "taiwan": "TW",
    "the netherlands": "NL",
    "turkey": "TR",
    "u k": "GB",
    "u s": "US",
    "u s a": "US",
    "uk": "GB",
    "united states of america": "US",
    "vietnam": "VN",
    "wales": "GB",
    "россия": "RU",
}
# Those that names of countries are read in.
_LANGUAGES = (
    *("de", "fr", "es", "it", "nl", "pt", "pl", "sv", "da", "nb", "fi", "cs", "sk", "hu", "tr", "ro"),
    *("hr", "sl", "lt", "lv", "et", "el", "ru", "uk", "bg", "ja", "zh_CN", "zh_TW", "ko"),
)


@lru_cache(4_096)
def country_of(text: str) -> str | None:
    """ISO 3166 alpha-2; None when there is no such country."""
    name = folded(text)
    also = _ALSO_CALLED.get(name)
    if also:
        return also
    try:
        return str(pycountry.countries.lookup(text.strip()).alpha_2)
    except LookupError:
        return _in_other_languages().get(name)


@cache
def _in_other_languages() -> dict[str, str]:
    """Without names that are two countries'."""
    named: defaultdict[str, set[str]] = defaultdict(set)
    for language in _LANGUAGES:
        translated = translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language]).gettext
        for country in pycountry.countries:
            for kind in ("name", "common_name", "official_name"):
                if name := getattr(country, kind, None):
                    named[folded(translated(name))].add(country.alpha_2)
    return {name: countries.pop() for name, countries in named.items() if len(countries) == 1}


def tidied(text: str) -> str:
    return " ".join(text.split())


def split_name(person: dict[str, str]) -> dict[str, str]:
    """Takes a whole name that stands in one field apart; names that came apart stay as they are."""
    first, last = person.get("first_name"), person.get("last_name")
    whole = (last or first or "").strip()
    if (first and last) or not (" " in whole or "," in whole):
        return person
    given, family = _given_and_family(whole)
    return {**person, "first_name": given, "last_name": family} if given and family else person


@lru_cache(16_384)
def _given_and_family(whole: str) -> tuple[str, str]:
    """Nearly all names are plain words, the last of them the family's; reading titles and particles takes a hundred times as long."""
    if not _WORDS_ALONE.fullmatch(whole):
        return "", ""
    if "," not in whole and not whole.isascii() and _FAMILY_FIRST.search(whole):
        return "", ""
    words = whole.split()
    if len(words) < 2 and "," not in whole:
        return "", ""
    if "," in whole or any(word.casefold().strip(".") in _NOT_A_NAME for word in words):
        return _read(whole, words)
    return " ".join(words[:-1]), words[-1]


def _read(whole: str, words: list[str]) -> tuple[str, str]:
    """`Dr. Juan de la Cruz`, `Mori, Kenji`. What begins with a particle is a family's name alone."""
    if "," not in whole and words[0].casefold() in CONSTANTS.prefixes:
        return "", ""
    name = HumanName(whole)
    return f"{name.first} {name.middle}".strip(), name.last


def holds_markup(text: str) -> bool:
    return "<" in text and _MARKUP.search(text) is not None
