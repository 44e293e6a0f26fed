"""A signed-in person's look at one page."""

from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from services.console import service
from services.console.api.front import Front, front_of
from services.console.api.rendering import TEMPLATES, render, render_fragment
from services.console.api.session import session_of
from services.console.store import Library
from shared.database import new_id
from shared.web import Door, Principal, RequestDoor

PEOPLE = ("admin", "manager", "rep", "agent")
OPERATORS = frozenset({"admin", "manager"})
# What a page says after a form was sent without JavaScript; the address names it, so only these can be said.
SAID = {
    "claimed": "The lead is yours.",
    "contacted": "Noted: contact was made.",
    "disqualified": "The lead was disqualified.",
    "moved": "The opportunity was moved.",
    "closed": "The deal was closed.",
    "edited": "The message was changed; it still waits to be replayed.",
    "replayed": "The message was replayed.",
    "discarded": "The message was discarded.",
    "read": "Everything is marked as read.",
}


class Visit:
    """What every page knows: who looks, what they may see, and how to answer them."""

    def __init__(self, request: Request, door: RequestDoor, library: Library) -> None:
        self.request, self.door, self.library = request, door, library

    @property
    def front(self) -> Front:
        return front_of(self.request)

    @property
    def principal(self) -> Principal:
        return self.door.principal

    @property
    def params(self) -> dict[str, str]:
        """What was asked for; empty fields of a form ask for nothing."""
        return {name: value for name, value in self.request.query_params.items() if value and name != "said"}

    @property
    def authorization(self) -> str:
        return str(self.request.headers.get("authorization", ""))

    def show(self, template: str, *, watch: list[str] | None = None, **data: Any) -> Response:
        """The page, or the one fragment of it that an open page asks for. `watch` names what makes it stale."""
        fragment = self.request.headers.get("x-fragment", "")
        if fragment in TEMPLATES.get_template(template).blocks:
            return render_fragment(template, fragment, **self._common(), **data)
        return render(template, watch=watch or [], **self._common(), **data)

    def done(self, what: str, to: str) -> Response:
        """After a command: JavaScript is told, a plain form is sent on to where it can be seen."""
        if "text/html" in self.request.headers.get("accept", ""):
            return RedirectResponse(f"{to}{'&' if '?' in to else '?'}said={what}", 303)
        return JSONResponse({"said": SAID[what], "word": what, "to": to})

    def _common(self) -> dict[str, Any]:
        session = session_of(self.request)
        return {
            "principal": self.principal,
            "is_operator": not OPERATORS.isdisjoint(self.principal.roles),
            "has_mailbox": self.front.mailbox is not None,
            "csrf": session.csrf if session else "",
            "said": SAID.get(self.request.query_params.get("said", "")),
            "path": self.request.url.path,
            "masked": sorted(self.library.hidden),
            "command_key": new_id,
            "claimants": ",".join(service.CLAIMANTS),
        }


async def open_visit(request: Request, door: Door) -> Visit:
    """Raises Forbidden for the keys of outside systems: pages are for people."""
    door.allow(*PEOPLE)
    return Visit(request, door, await service.open_library(door.db, door.principal))


Guest = Annotated[Visit, Depends(open_visit)]
