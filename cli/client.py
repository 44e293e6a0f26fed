"""The doors of the services as the command line comes to them: where they are, who it is, and what their answers mean."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

import httpx

from cli.servers import local_stack
from deploy.local.problems import ServersAway
from shared.errors import (
    Contended,
    DealwireError,
    Forbidden,
    Invalid,
    Malformed,
    NotAllowedNow,
    NotFound,
    Refused,
    StaleVersion,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unreachable,
    Violation,
)
from shared.settings import Misconfigured

SUBJECT = "cli"
PATIENCE_SECONDS = 60.0
_KINDS = (Malformed, Unauthenticated, Forbidden, NotFound, NotAllowedNow, StaleVersion, TooLarge, Invalid, TooMany)
_REFUSALS: dict[int, type[Refused]] = {kind.status: kind for kind in _KINDS}


class ServiceDoor:
    """One service over HTTP: `with ServiceDoor("leads", roles=["admin"]) as leads: leads.get("/leads")`.

    Answers are the JSON that came; whatever is not a success is raised as the error that it stands for. A `token` says who asks;
    without one it is the command line, in these roles.
    """

    def __init__(self, service: str, *, roles: Sequence[str] = (), token: str = "") -> None:
        self.service, self._url = service, url_of(service)
        headers = {"authorization": f"Bearer {token or token_for(roles)}"}
        self._client = httpx.Client(base_url=self._url, headers=headers, timeout=PATIENCE_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, path: str, **parameters: Any) -> Any:
        return self._answer("GET", path, params={name: value for name, value in parameters.items() if value is not None}).json()

    def get_text(self, path: str) -> str:
        return self._answer("GET", path).text

    def post(self, path: str, body: Any = None, **options: Any) -> Any:
        return self._answer("POST", path, json=body, **options).json()

    def patch(self, path: str, body: Any, **options: Any) -> Any:
        return self._answer("PATCH", path, json=body, **options).json()

    def items(self, path: str, **filters: Any) -> Iterator[dict[str, Any]]:
        """Every item of a list, page after page."""
        cursor = None
        while True:
            page = self.get(path, cursor=cursor, limit=200, **filters)
            yield from page["items"]
            cursor = page["next"]
            if cursor is None:
                return

    def _answer(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            answer = self._client.request(method, path, **options)
        except httpx.TransportError as error:
            what = f"{self.service} does not answer at {self._url} ({type(error).__name__})."
            raise Unreachable(f"{what} Is it running? See: dealwire status") from error
        if not answer.is_success:
            raise _error_in(answer, self.service)
        return answer


def url_of(service: str) -> str:
    """The one of DEALWIRE_SERVICES (JSON, by name), else behind the ingress of DEALWIRE_URL, else on the local stack."""
    named = _named_services().get(service)
    ingress = os.environ.get("DEALWIRE_URL")
    return named or (f"{ingress.rstrip('/')}/api/{service}" if ingress else local_stack().ports.url_of(service))


def token_for(roles: Sequence[str]) -> str:
    """DEALWIRE_TOKEN, else one that the local stack believes. Raises Misconfigured or ServersAway."""
    if token := os.environ.get("DEALWIRE_TOKEN"):
        return token
    if "DEALWIRE_URL" in os.environ or _named_services():
        raise Misconfigured("DEALWIRE_TOKEN is not set: services elsewhere than on the local stack want to know who asks.")
    state = local_stack()
    if not state.secrets.exists():
        raise ServersAway(f"No stack was started at port {state.ports.first}.", "Start one with: make up")
    from deploy.local.tokens import Bearer, sign_token

    return sign_token(state, Bearer(SUBJECT, roles, ["*"]), seconds=3600)


def _named_services() -> dict[str, str]:
    try:
        return dict(json.loads(os.environ.get("DEALWIRE_SERVICES") or "{}"))
    except (ValueError, TypeError) as error:
        raise Misconfigured('DEALWIRE_SERVICES makes no sense: it is JSON such as {"leads": "https://leads.example"}.') from error


def _error_in(answer: httpx.Response, service: str) -> DealwireError:
    problem = _problem(answer)
    detail = str(problem.get("detail") or problem.get("title") or f"{service} answered {answer.status_code}")
    if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
        return Unreachable(f"{service}: {detail}")
    if answer.status_code == httpx.codes.CONFLICT and str(problem.get("type", "")).endswith("contended"):
        return Contended(detail)
    if not answer.is_client_error:
        return DealwireError(f"{service} failed: {detail}")
    return _REFUSALS.get(answer.status_code, Refused)(_with_fields(detail, problem), violations=_violations(problem))


def _problem(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        problem = answer.json()
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}


def _violations(problem: Mapping[str, Any]) -> tuple[Violation, ...]:
    return tuple(Violation(one["field"], one["rule"], one["detail"]) for one in problem.get("violations", ()))


def _with_fields(detail: str, problem: Mapping[str, Any]) -> str:
    """A terminal shows one line: what was wrong goes along with that it was wrong."""
    more = "; ".join(one["detail"] for one in problem.get("violations", ())[:5] if one["detail"] not in detail)
    return f"{detail}: {more}" if more else detail
