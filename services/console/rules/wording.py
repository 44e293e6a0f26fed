"""Values as people read them."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


_GROUPS = {"money": "budgets and amounts", "contact": "e-mail addresses and phone numbers", "words": "needs and notes"}


def masked_group(name: str) -> str:
    return _GROUPS.get(name, plain(name))


def plain(slug: Any) -> str:
    """`best_fit` as it is said: best fit."""
    return str(slug).replace("_", " ")


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def money(amount: Decimal | None, currency: str | None) -> str:
    """Without cents where there are none: EUR 12,500."""
    if amount is None:
        return ""
    whole = amount == amount.to_integral_value()
    figure = f"{amount:,.0f}" if whole else f"{amount:,.2f}"
    return f"{currency or ''} {figure}".strip()


def span(seconds: float | timedelta | None) -> str:
    """The two largest units: 1 d 4 h, 25 min, 40 s."""
    if seconds is None:
        return ""
    left = int(seconds.total_seconds() if isinstance(seconds, timedelta) else seconds)
    parts = []
    for unit, size in _UNITS:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


def listed(texts: Any) -> str:
    return ", ".join(str(text) for text in texts or ())


def initials(name: str) -> str:
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


def called(rep_id: str | None, names: Mapping[str, str]) -> str:
    """A rep by name; one that the roster has not told of yet by id."""
    return names.get(rep_id, rep_id) if rep_id else "nobody"
