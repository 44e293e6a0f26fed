"""Everybody who plays in a month, each at the doors under their own name."""

from collections.abc import Callable
from threading import Lock
from typing import Any

from cli.client import ServiceDoor
from deploy.local.steps import Tell
from deploy.local.tokens import Bearer

WEBSITE = Bearer("demo-website", ["integration"], name="Website")
ORDERING = Bearer("demo-ordering", ["integration"], name="Ordering system")
SUPPORT = Bearer("sam", ["agent"], ["*"], name="Sam Osei", email="sam@dealwire.example")
# The manager who may sign in to the console, so that there is something to see as a manager.
HEAD_OF_SALES = Bearer("morgan", ["manager"], ["*"], name="Morgan Hale", email="morgan@dealwire.example")


def rep(rep_id: str, team_id: str | None) -> Bearer:
    return Bearer(rep_id, ["rep"], [team_id] if team_id else [])


def _recipient(who: Bearer) -> dict[str, Any]:
    return {"id": who.subject, "name": who.name, "email": who.email, "roles": list(who.roles)}


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

    def take_places(self, tell: Tell) -> None:
        """Support and the head of sales can be told of things, and reps without a manager get one."""
        known = {one["id"] for one in self.all_of("notifications", "/recipients")}
        for who in (SUPPORT, HEAD_OF_SALES):
            if who.subject not in known:
                self.at("notifications", HEAD_OF_SALES).post("/recipients", _recipient(who))
        unmanaged = [one for one in self.all_of("leads", "/reps") if one["manager_id"] is None]
        for number, one in enumerate(unmanaged, start=1):
            self.at("leads", HEAD_OF_SALES).patch(f"/reps/{one['id']}", {"manager_id": HEAD_OF_SALES.subject})
            tell(number, len(unmanaged))

    def at(self, service: str, who: Bearer) -> ServiceDoor:
        with self._one_at_a_time:
            if (service, who.subject) not in self._doors:
                self._doors[service, who.subject] = ServiceDoor(service, token=self._sign(who))
            return self._doors[service, who.subject]

    def all_of(self, service: str, path: str, **filters: Any) -> list[dict[str, Any]]:
        """Every item of a list, as the head of sales sees it."""
        return list(self.at(service, HEAD_OF_SALES).items(path, **filters))
