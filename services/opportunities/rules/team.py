"""Who sells together, and how the revenue is shared: the splits of a team add up to 100."""

from collections.abc import Collection, Sequence
from decimal import Decimal

from shared.errors import Invalid, Violation
from shared.events import TeamMember

WHOLE = Decimal(100)
OWNER = "owner"


def led_by(team: Sequence[TeamMember], owner_id: str | None) -> list[TeamMember]:
    """The team under a new owner, who takes over the split of the last one, beside any that they had."""
    if owner_id is None:
        return list(team)
    others = [member for member in team if member.role != OWNER and member.rep_id != owner_id]
    taken = WHOLE - sum((member.split for member in others), Decimal(0))
    return [TeamMember(rep_id=owner_id, role=OWNER, split=taken), *others]


def check_team(team: Sequence[TeamMember], *, owner_id: str | None, known: Collection[str]) -> None:
    """Raises Invalid with everything that is wrong with it."""
    violations = [
        *_splits(team),
        *_twice(team),
        *_unknown(team, known),
        *_owner(team, owner_id),
    ]
    if violations:
        raise Invalid("; ".join(violation.detail for violation in violations), violations=tuple(violations))


def _splits(team: Sequence[TeamMember]) -> list[Violation]:
    total = sum((member.split for member in team), Decimal(0))
    return [] if total == WHOLE else [Violation("team", "splits", f"the splits add up to {total:f}, not 100")]


def _twice(team: Sequence[TeamMember]) -> list[Violation]:
    reps = [member.rep_id for member in team]
    return [Violation(f"team.{n}.rep_id", "once", f"{rep} is in the team twice") for n, rep in enumerate(reps) if rep in reps[:n]]


def _unknown(team: Sequence[TeamMember], known: Collection[str]) -> list[Violation]:
    strangers = [(n, member.rep_id) for n, member in enumerate(team) if member.rep_id not in known]
    return [Violation(f"team.{n}.rep_id", "known_rep", f"{rep} is no rep that is active") for n, rep in strangers]


def _owner(team: Sequence[TeamMember], owner_id: str | None) -> list[Violation]:
    leaders = [member.rep_id for member in team if member.role == OWNER]
    expected = [owner_id] if owner_id else []
    return [] if leaders == expected else [Violation("team", OWNER, f"the one member with the role owner must be {owner_id or 'nobody'}")]
