"""Which company of a file is meant: by domain, else by a name that is nearly the same."""

from collections.abc import Mapping, Sequence

from rapidfuzz import process
from rapidfuzz.distance import JaroWinkler
from rapidfuzz.fuzz import token_sort_ratio

_STEM = 3
OTHER_COUNTRY = 0.15
FEW = 20
Row = Mapping[str, str]


def stems_of(name: str) -> list[str]:
    """The beginnings of a name's words: who shares none of them is not looked at."""
    return sorted({word[:_STEM] for word in name.split()})


def telling_stems(name: str) -> list[str]:
    """Of its first and its longest word: what they share with others is rarest."""
    words = name.split()
    return stems_of(f"{words[0]} {max(words, key=len)}") if words else []


def similarity(wanted: Row, row: Row) -> float:
    """From 0 to 1, of two names without legal form; letters count from the front, words in any order."""
    mine, theirs = wanted["name"], row["name"]
    alike = max(JaroWinkler.similarity(mine, theirs), token_sort_ratio(mine, theirs) / 100)
    elsewhere = wanted["country"] and row["country"] and wanted["country"] != row["country"]
    return alike - OTHER_COUNTRY if elsewhere else alike


def most_similar(wanted: Row, rows: Sequence[Row], least: float) -> tuple[Row, float] | None:
    """None when no name comes near enough, or when two companies come equally near."""
    ranked = sorted(((similarity(wanted, rows[index]), index) for index in _likely(wanted["name"], rows)), reverse=True)[:2]
    if not ranked or ranked[0][0] < least or (len(ranked) > 1 and ranked[0][0] == ranked[1][0]):
        return None
    return rows[ranked[0][1]], ranked[0][0]


def _likely(name: str, rows: Sequence[Row]) -> set[int]:
    """The few by either measure; of thousands they are found ten times quicker than by looking at each in turn."""
    names = [row["name"] for row in rows]
    measures = (JaroWinkler.similarity, token_sort_ratio)
    return {index for measure in measures for _, _, index in process.extract(name, names, scorer=measure, processor=None, limit=FEW)}
