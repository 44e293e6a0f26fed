"""How one and the same person comes to look different: slips, swapped names, nicknames, another employer, things left out."""

import random
import unicodedata
from collections.abc import Callable

from services.leads.rules.capture.given_names import _CALLED
from shared.names import folded
from tests.bench.duplicates.names import FREE_MAIL, STEMS, TRADES

Row = dict[str, str]
_KEYS = {"a": "sq", "e": "wr", "i": "uo", "o": "ip", "n": "bm", "m": "n", "s": "ad", "t": "ry", "r": "et", "l": "k", "c": "xv", "d": "sf"}


def spoilt(row: Row, rng: random.Random) -> Row:
    """With one to three of the faults that come with forms, telephone notes and business cards."""
    for fault in rng.choices(_FAULTS, weights=_WEIGHTS, k=rng.choice((1, 1, 2, 2, 3))):
        spoiling = fault(row, rng)
        row = spoiling if _tells_who(spoiling) else row
    return row


def _tells_who(row: Row) -> bool:
    return bool(row.get("email") or row.get("phone") or (row.get("last_name") and row.get("company")))


def ascii_of(name: str) -> str:
    plain = "".join(
        letter for letter in unicodedata.normalize("NFKD", name.lower().replace("ß", "ss").replace("ł", "l")) if letter.isascii()
    )
    return plain.replace(" ", "")


def slip(text: str, rng: random.Random) -> str:
    """One letter doubled, dropped, swapped with the next, or hit beside; not the first, which people see."""
    if len(text) < 4:
        return text
    at = rng.randrange(1, len(text) - 1)
    kind = rng.randrange(4)
    if kind == 0:
        return text[:at] + text[at] + text[at:]
    if kind == 1:
        return text[:at] + text[at + 1 :]
    if kind == 2:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + rng.choice(_KEYS.get(text[at].lower(), "e")) + text[at + 1 :]


def _slip_in(field: str) -> Callable[[Row, random.Random], Row]:
    return lambda row, rng: row | {field: slip(row[field], rng)} if field in row else row


def _slip_in_email(row: Row, rng: random.Random) -> Row:
    if "email" not in row:
        return row
    local, _, host = row["email"].partition("@")
    return row | {"email": f"{slip(local, rng)}@{host}" if rng.random() < 0.5 else f"{local}@{_slip_in_host(host, rng)}"}


def _slip_in_host(host: str, rng: random.Random) -> str:
    label, _, ending = host.partition(".")
    return f"{slip(label, rng)}.{ending}"


def _slip_in_phone(row: Row, rng: random.Random) -> Row:
    if "phone" not in row:
        return row
    at = rng.randrange(5, len(row["phone"]))
    return row | {"phone": row["phone"][:at] + rng.choice("0123456789") + row["phone"][at + 1 :]}


def _swap_names(row: Row, _: random.Random) -> Row:
    return row | {"first_name": row["last_name"], "last_name": row["first_name"]} if {"first_name", "last_name"} <= row.keys() else row


def _nickname(row: Row, rng: random.Random) -> Row:
    """As friends call them; who has no other name is written with an initial."""
    name = folded(row.get("first_name", ""))
    called = sorted(other for other in _CALLED.get(name, ()) if not other.endswith("a") or name.endswith("a"))
    if called:
        return row | {"first_name": rng.choice(called).capitalize()}
    return _initial(row, rng)


def _initial(row: Row, _: random.Random) -> Row:
    return row | {"first_name": row["first_name"][0] + "."} if row.get("first_name") else row


def _plain_letters(row: Row, rng: random.Random) -> Row:
    """Müller, Mueller, Muller."""
    written = {"ü": "ue", "ö": "oe", "ä": "ae"} if rng.random() < 0.5 else {}
    spelled = {name: "".join(written.get(letter, letter) for letter in row[name]) for name in ("first_name", "last_name") if name in row}
    return row | {name: ascii_of(text).capitalize() for name, text in spelled.items()}


def _double_name(row: Row, rng: random.Random) -> Row:
    if "last_name" not in row:
        return row
    return row | {"last_name": f"{row['last_name']}-{rng.choice(('Berg', 'Sanz', 'Hill', 'Lind', 'Voss', 'Reyes'))}"}


def _other_employer(row: Row, rng: random.Random) -> Row:
    """A new company and a new address there; the telephone is one's own, or nobody could tell."""
    if "phone" not in row:
        return row
    name = f"{rng.choice(STEMS)} {rng.choice(TRADES)}"
    domain = name.lower().replace(" ", "") + str(rng.randrange(100)) + ".example"
    local = row.get("email", f"{ascii_of(row.get('first_name', 'x'))}@").partition("@")[0]
    changed = {"company": name, "email": f"{local}@{domain}"} | ({"domain": domain} if "domain" in row else {})
    return row | changed


def _other_mailbox(row: Row, rng: random.Random) -> Row:
    """The private one instead of that at work."""
    local = f"{ascii_of(row.get('first_name', ''))}{ascii_of(row.get('last_name', ''))}"
    return row | {"email": f"{local or 'someone'}@{rng.choice(FREE_MAIL)}"}


def _company_short(row: Row, rng: random.Random) -> Row:
    if "company" not in row:
        return row
    words = row["company"].split()
    return row | {"company": " ".join(words[:2]) if len(words) > 3 and rng.random() < 0.5 else row["company"].upper()}


def _without(*fields: str) -> Callable[[Row, random.Random], Row]:
    def leave_out(row: Row, rng: random.Random) -> Row:
        gone = rng.choice(fields)
        return {name: text for name, text in row.items() if name != gone}

    return leave_out


_FAULTS: list[Callable[[Row, random.Random], Row]] = [
    _slip_in("first_name"),
    _slip_in("last_name"),
    _slip_in("company"),
    _slip_in_email,
    _slip_in_phone,
    _swap_names,
    _nickname,
    _initial,
    _plain_letters,
    _double_name,
    _other_employer,
    _other_mailbox,
    _company_short,
    _without("email", "phone", "first_name", "company", "domain", "country"),
]
_WEIGHTS = [6, 8, 6, 10, 4, 5, 10, 4, 8, 2, 3, 5, 8, 12]
