"""Whom a rule means by its words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from services.notifications.models import Recipient, Rule, Subject
from shared.events import Event


@dataclass(frozen=True, slots=True)
class Situation:
    """An event, what it is about, and whose business that is."""

    event: Event
    about: Subject
    owner_id: str | None = None
    team_id: str | None = None
    previous_owner_id: str | None = None
    members: tuple[str, ...] = ()

    @property
    def people(self) -> set[str]:
        return {one for one in (self.owner_id, self.previous_owner_id, *self.members) if one}


@dataclass(frozen=True, slots=True)
class Directory:
    """As many people as a batch of events may concern; `managing` are those whom active people name as their manager."""

    people: Mapping[str, Recipient]
    managing: frozenset[str] = frozenset()

    def person(self, person_id: str, now: datetime) -> Recipient:
        return self.people.get(person_id) or Recipient.unknown(person_id, now)

    def manager_of(self, person_id: str | None) -> list[str]:
        person = self.people.get(person_id or "")
        return [person.manager_id] if person and person.manager_id else []

    def team_of(self, person_id: str | None) -> str | None:
        person = self.people.get(person_id or "")
        return person.team_id if person else None

    def members_of(self, team_id: str | None) -> list[str]:
        return sorted(person.id for person in self.people.values() if person.active and team_id and person.team_id == team_id)

    def in_role(self, role: str) -> list[str]:
        named = {person.id for person in self.people.values() if person.active and role in person.roles}
        return sorted(named | self.managing if role == "manager" else named)

    def standing_in_for(self, person_id: str) -> list[str]:
        """Themselves; for those who have left, their manager."""
        return [person_id] if self._is_here(person_id) else [one for one in self.manager_of(person_id) if self._is_here(one)]

    def _is_here(self, person_id: str) -> bool:
        person = self.people.get(person_id)
        return person is None or person.active


def addressed(rule: Rule, situation: Situation, directory: Directory) -> list[str]:
    """Whom the rule means, each once. If that is nobody, whoever manages; empty only if nobody does."""
    meant = [person_id for word in rule.recipients for person_id in _meant(word, situation, directory)]
    return (
        _present(meant, directory)
        or _present(directory.manager_of(situation.owner_id), directory)
        or _present(directory.in_role("manager"), directory)
    )


def _present(person_ids: Iterable[str], directory: Directory) -> list[str]:
    return list(dict.fromkeys(here for person_id in person_ids for here in directory.standing_in_for(person_id)))


def _meant(word: str, situation: Situation, directory: Directory) -> list[str]:
    kind, _, name = word.partition(":")
    match kind:
        case "owner":
            return [situation.owner_id] if situation.owner_id else []
        case "previous_owner":
            return [situation.previous_owner_id] if situation.previous_owner_id else []
        case "manager":
            return directory.manager_of(situation.owner_id)
        case "team":
            return list(situation.members) or directory.members_of(situation.team_id or directory.team_of(situation.owner_id))
        case "role":
            return directory.in_role(name)
        case _:
            return [name]
