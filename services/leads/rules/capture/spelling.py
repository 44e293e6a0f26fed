"""How alike two spellings of one thing are: from 1, the same, by 0, which says nothing, to -1, the contrary."""

import re
from functools import lru_cache

from jellyfish import metaphone
from rapidfuzz.distance import OSA
from rapidfuzz.fuzz import ratio

from services.leads.rules.capture.given_names import are_forms_of_one, are_spellings_of_one
from shared.names import folded

SAME, CONTRARY, NOTHING = 1.0, -1.0, 0.0
LEAST_FOR_A_SLIP, _LONG = 5, 16
_NOT_A_DIGIT = re.compile(r"\D+")
# What no accent was taken from, and how else it is written.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"})
_UMLAUTS = (("ae", "a"), ("oe", "o"), ("ue", "u"))


@lru_cache(16_384)
def plain(text: str) -> str:
    return folded(text).translate(_PLAIN)


@lru_cache(4_096)
def first_names(one: str, other: str) -> float:
    if one == other:
        return SAME
    if are_forms_of_one(one, other):
        return 0.9
    short, long = sorted((one, other), key=len)
    if len(short) == 1:
        return 0.4 if long.startswith(short) else CONTRARY
    if " " in long and short in (long.split(), *long.split()):
        return 0.9
    return 0.8 if are_spellings_of_one(one, other) else CONTRARY


@lru_cache(4_096)
def last_names(one: str, other: str) -> float:
    if one == other:
        return SAME
    short, long = sorted((one, other), key=len)
    if len(short) == 1:
        return 0.3 if long.startswith(short) else CONTRARY
    if _without_umlauts(one) == _without_umlauts(other) or one.replace(" ", "") == other.replace(" ", ""):
        return 0.95
    if set(short.split()) < set(long.split()):
        return 0.8
    if OSA.distance(one, other, score_cutoff=2) <= (1 if len(short) < 8 else 2):
        return 0.8 if len(short) > 3 else NOTHING
    return 0.6 if one[0] == other[0] and metaphone(one) == metaphone(other) and ratio(one, other) >= 75 else CONTRARY


def _without_umlauts(name: str) -> str:
    for written, meant in _UMLAUTS:
        name = name.replace(written, meant)
    return name


def is_slip(one: str, other: str) -> bool:
    """A letter too many, too few or wrong, two in what is long. A digit is not mistaken for another: firm1 is not firm2."""
    shorter = min(len(one), len(other))
    most = 2 if shorter >= _LONG else 1
    if shorter < LEAST_FOR_A_SLIP or digits(one) != digits(other):
        return False
    return OSA.distance(one, other, score_cutoff=most) <= most


def digits(text: str) -> str:
    return _NOT_A_DIGIT.sub("", text)


@lru_cache(4_096)
def companies(one: str, other: str) -> float:
    if one == other:
        return SAME
    if digits(one) != digits(other):
        return CONTRARY
    if one.replace(" ", "") == other.replace(" ", "") or ratio(one, other) >= 88:
        return 0.9
    short, long = sorted((one.split(), other.split()), key=len)
    if long[: len(short)] == short and len(" ".join(short)) >= 4:
        return 0.7
    return CONTRARY


@lru_cache(4_096)
def domains(one: str, other: str) -> float:
    if one == other or one.endswith("." + other) or other.endswith("." + one):
        return SAME
    if label(one) == label(other):
        return 0.8
    return 0.7 if is_slip(one, other) else CONTRARY


def label(domain: str) -> str:
    """`acme` of acme.co.uk and of shop.acme.example."""
    labels = domain.split(".")
    own = labels[:-2] if len(labels) > 2 and len(labels[-2]) <= 3 else labels[:-1]
    return own[-1].replace("-", "") if own else domain
