"""Everybody who plays in a month, each at the doors under their own name."""

from collections.abc import Callable
from threading import Lock
from typing import Any

from cli.client import ServiceDoor
from deploy.local.tokens import Bearer

WEBSITE = Bearer("demo-website", ["integration"], name="Website")
ORDERING = Bearer("demo-ordering", ["integration"], name="Ordering system")
SUPPORT = Bearer("demo-support", ["agent"], ["*"], name="Sam Support")
HEAD_OF_SALES = Bearer("demo-head-of-sales", ["manager"], ["*"], name="Hedda of Sales")


def rep(rep_id: str, team_id: str | None) -> Bearer:
    return Bearer(rep_id, ["rep"], [team_id] if team_id else [])


class Cast:
    """Opens each door once for each person; `sign` makes the token that says who they are."""

    def __init__(self, sign: Callable[[Bearer], str]) -> None:
        self._sign = sign
        self._doors: dict[tuple[str, str], ServiceDoor] = {}
        self._one_at_a_time = Lock()

    def __enter__(self) -> "Cast":
        return self

    def __exit__(self, *_: object) -> None:
        for door in self._doors.values():
            door.__exit__()

    def at(self, service: str, who: Bearer) -> ServiceDoor:
        with self._one_at_a_time:
            if (service, who.subject) not in self._doors:
                self._doors[service, who.subject] = ServiceDoor(service, token=self._sign(who))
            return self._doors[service, who.subject]

    def all_of(self, service: str, path: str, **filters: Any) -> list[dict[str, Any]]:
        """Every item of a list, as the head of sales sees it."""
        return list(self.at(service, HEAD_OF_SALES).items(path, **filters))
