"""Is it a person who filled in this form?"""

from datetime import datetime, timedelta

from services.leads.models import FormSettings
from services.leads.rules.capture.stamps import read_stamp

FORM = "form"
# No person sees it; programs that fill in everything do.
TRAP = "confirm_subject"
REASONS = {
    "trap": "It filled in a field that no person sees",
    "token": "It did not come from the page of this form",
    "too_fast": "It came sooner than a person can write",
    "too_old": "It came long after its page had been opened",
    "rate": "More came from this address in an hour than are taken",
}


def suspicion(form: FormSettings, trap: str, filled_in: timedelta | None) -> str | None:
    """The rule that it breaks; None for what a person may have sent. `filled_in` is None when nobody knows when its page was opened."""
    if trap:
        return "trap"
    if filled_in is None:
        return "token"
    if filled_in < timedelta(seconds=form.least_seconds):
        return "too_fast"
    return "too_old" if filled_in > timedelta(minutes=form.most_minutes) else None


def time_taken(token: str, slug: str, now: datetime, keys: list[str]) -> timedelta | None:
    """Since the page of this form was opened; None when the token is not one of ours, or another form's."""
    found = read_stamp(FORM, token, keys)
    return now - found[1] if found is not None and found[0] == slug else None
