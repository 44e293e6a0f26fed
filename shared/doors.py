"""A door: what an endpoint knows of its request, and the one way in which it changes something."""

import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from urllib.parse import quote

from fastapi import Depends, Request, Response
from pydantic import BaseModel

from shared.batching import Work
from shared.change import audited_row
from shared.database import Database, utcnow
from shared.errors import Forbidden, Invalid, Unauthenticated
from shared.events import Envelope
from shared.idempotency import Answer, CommandKey
from shared.passage import passage_of
from shared.principal import Principal
from shared.telemetry import current_traceparent

if TYPE_CHECKING:
    from shared.transaction import Transaction
    from shared.web import WebContext

T = TypeVar("T")
Item = TypeVar("Item")
View = Callable[[Any], BaseModel]
Location = str | Callable[[Any], str]
_ETAG = re.compile(r'(?:W/)?"(\d{1,15})"|(\d{1,15})')
_COMMAND_KEY = re.compile(r"[\x21-\x7e]{1,200}")


class RequestDoor:
    """Given to every endpoint as `door: Door`. The principal has been checked before the endpoint runs."""

    def __init__(self, request: Request, context: "WebContext") -> None:
        self._request, self.context = request, context
        self._passage = passage_of(request.scope)

    @property
    def db(self) -> Database:
        return self.context.db

    @property
    def principal(self) -> Principal:
        if self._passage.principal is None:
            raise Unauthenticated("Sign in first")
        return self._passage.principal

    @property
    def request_id(self) -> str:
        return self._passage.request_id

    @property
    def correlation_id(self) -> str:
        return self._passage.correlation_id

    @property
    def origin(self) -> Envelope:
        """What the events of this request come from: they carry its correlation id and its trace."""
        return Envelope(
            id=self.request_id,
            source=f"/dealwire/{self.db.name}/http",
            time=utcnow(),
            correlation_id=self.correlation_id,
            traceparent=current_traceparent(),
        )

    @property
    def expected_version(self) -> int | None:
        """From If-Match; None when there is none, or when it is `*`."""
        header = self._request.headers.get("if-match", "*").strip()
        if header == "*":
            return None
        found = _ETAG.fullmatch(header)
        if found is None:
            raise Invalid('If-Match takes one ETag as it was given, such as "3", or *', field="If-Match", rule="etag")
        return int(found[1] or found[2])

    def admit(self, principal: Principal) -> None:
        """For a door that is open to all and sees for itself who comes in."""
        self._passage.principal = principal

    def allow(self, *roles: str, scope: str | None = None) -> None:
        """Raises Forbidden unless the principal has one of the roles. A source whose key names scopes needs `scope` among them."""
        principal = self.principal
        if principal.roles.isdisjoint(roles):
            raise Forbidden(f"This takes one of the roles: {', '.join(roles)}")
        if scope is not None and principal.scopes and "integration" in principal.roles and scope not in principal.scopes:
            raise Forbidden(f"This key has no scope {scope}")

    def answer(self, view: BaseModel, *, status: int = 200, settled: bool = True) -> Response:
        """A record as it is now, with its version as ETag; nothing if the caller has that version already.

        It is not `settled` where the view shows what changes without a new version.
        """
        answer = _answer(view, status=status, location=None)
        if settled and answer.etag is not None and answer.etag in self._request.headers.get("if-none-match", ""):
            answer = Answer(304, etag=answer.etag)
        return answer.to_response()

    async def command(
        self,
        work: "Callable[[Transaction], Awaitable[T]]",
        *,
        view: View | None = None,
        status: int = 200,
        location: Location | None = None,
        keep: bool = True,
    ) -> Response:
        """Runs `work` in one transaction, which audits what it records, and answers with `view` of its result.

        Under an Idempotency-Key the answer is kept for a day, unless `keep` is off because it holds a secret.
        """
        key = self._command_key() if keep else None

        async def carry_out_once(tx: "Transaction") -> Answer:
            earlier = await key.find_answer(tx) if key else None
            if earlier is not None:
                return earlier
            answer = _answer(await work(tx), view, status=status, location=location)
            tx.audit([audited_row(change, self.context.audited, self.correlation_id) for change in tx.changes])
            if key:
                await key.keep(tx, answer)
            return answer

        return (await self.db.transact(carry_out_once, by=self.principal.by, origin=self.origin)).to_response()

    async def submit(
        self, work: Work[Item, T], item: Item, *, view: View | None = None, status: int = 202, location: Location | None = None
    ) -> Response:
        """Like `command`, for a door that is knocked at so often that its callers share transactions.

        `work` is a function of a module; what the item is to carry of this request (`origin`, `principal`) it must hold itself.
        """
        group = self.context.group_of(work)
        if self._request.headers.get("idempotency-key") is not None:
            return await self.command(lambda tx: group.alone(tx, item), view=view, status=status, location=location)
        return _answer(await group.submit(item), view, status=status, location=location).to_response()

    def _command_key(self) -> CommandKey | None:
        key = self._request.headers.get("idempotency-key")
        if key is None:
            return None
        if not _COMMAND_KEY.fullmatch(key):
            raise Invalid("1 to 200 visible ASCII characters", field="Idempotency-Key", rule="format")
        url, digest = self._request.url, self._passage.body_digest
        request = url.query.encode() + b"\n" + (digest.digest() if digest else b"")
        return CommandKey.of(f"{self.principal.subject}\n{self._request.method}\n{url.path}", key, request)


def _answer(result: Any, view: View | None = None, *, status: int, location: Location | None) -> Answer:
    shown = view(result) if view is not None else result
    version = getattr(shown, "version", None)
    return Answer(
        status=status,
        body=shown.model_dump_json().encode() if isinstance(shown, BaseModel) else b"",
        etag=f'"{version}"' if version is not None else None,
        location=_as_address(location(result) if callable(location) else location),
    )


def _as_address(location: str | None) -> str | None:
    """Ids may hold what a header can't; what is quoted already stays."""
    return quote(location, safe="%/:?#&=+,;@~!$'()*[]") if location is not None else None


async def open_door(request: Request) -> RequestDoor:
    return RequestDoor(request, request.app.state.context)


Door = Annotated[RequestDoor, Depends(open_door)]
