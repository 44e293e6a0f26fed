"""Every refusal in one form: RFC 9457 problem+json, with the field and the rule."""

import re
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from pydantic_core import PydanticSerializationError
from pymongo.errors import PyMongoError
from starlette.exceptions import HTTPException

from shared.database import MOST_DIGITS, translated
from shared.errors import Contended, DealwireError, Invalid, Malformed, Refused, TooLarge, TooMany, Unauthenticated, Unreachable
from shared.passage import passage_of
from shared.telemetry import get_logger
from shared.violations import violations_of

log = get_logger(__name__)
MEDIA_TYPE = "application/problem+json"
_RETRY_SOON = {"retry-after": "1"}
# What pydantic and the driver say of it; a field without constraints lets it come as far as to them.
_UNKEEPABLE = {"surrogates not allowed": "unicode", "8-byte ints": "range", "date value out of range": "range", MOST_DIGITS: "range"}


class ViolationView(BaseModel):
    field: str
    rule: str
    detail: str


class Problem(BaseModel):
    """What is wrong: `status` and `type` for a program, `title` and `detail` for a reader, `violations` for a form."""

    type: str
    title: str
    status: int
    detail: str
    violations: list[ViolationView] = []
    request_id: str


def explain_problems(app: FastAPI) -> None:
    """Makes this application answer every error as a problem."""
    app.add_exception_handler(DealwireError, _of_our_own)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(HTTPException, _of_the_framework)
    app.add_exception_handler(PyMongoError, _of_mongo)
    for kind in (UnicodeEncodeError, PydanticSerializationError, OverflowError):
        app.add_exception_handler(kind, _of_what_cannot_be_kept)
    app.add_exception_handler(Exception, _of_a_bug)


def answer_problem(error: DealwireError, request_id: str) -> Response:
    status, title = getattr(error, "status", 500), getattr(error, "title", "Something went wrong")
    if isinstance(error, Unreachable):
        log.warning("a server is away", error=str(error))
    slug = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", type(error).__name__).lower()
    violations = [ViolationView(field=one.field, rule=one.rule, detail=one.detail) for one in getattr(error, "violations", ())]
    detail = str(error) if isinstance(error, Refused) else title
    problem = Problem(type=_type(slug), title=title, status=status, detail=detail, violations=violations, request_id=request_id)
    return _response(problem, _headers(error))


def _of_our_own(request: Request, error: Exception) -> Response:
    assert isinstance(error, DealwireError)
    return answer_problem(error, passage_of(request.scope).request_id)


def _of_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return answer_problem(_refusal(error), passage_of(request.scope).request_id)


def _refusal(error: RequestValidationError) -> Refused:
    rows = error.errors()
    if rows and rows[0]["type"] == "json_invalid":
        position, reason = rows[0]["loc"][-1], rows[0].get("ctx", {}).get("error", "")
        return Malformed(f"The body is not JSON: {reason} at character {position}", field="body", rule="json")
    if isinstance(error.body, bytes):
        return Malformed("The body must be JSON: send it with content-type: application/json", field="content-type", rule="content_type")
    return Invalid("Some fields break a rule", violations=violations_of(error))


def _of_the_framework(request: Request, error: Exception) -> Response:
    """What Starlette and FastAPI refuse by themselves: no such path, no such method, a body that can't be read or is too large."""
    assert isinstance(error, HTTPException)
    request_id = passage_of(request.scope).request_id
    if error.status_code == HTTPStatus.BAD_REQUEST:
        rule = "utf8" if isinstance(error.__cause__, UnicodeDecodeError) else "unreadable"
        return answer_problem(Malformed("The body could not be read", field="body", rule=rule), request_id)
    if error.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return answer_problem(TooLarge(f"The body may be at most {error.detail} bytes", field="body", rule="size"), request_id)
    title = HTTPStatus(error.status_code).phrase
    slug = title.lower().replace(" ", "-")
    problem = Problem(type=_type(slug), title=title, status=error.status_code, detail=str(error.detail), request_id=request_id)
    return _response(problem, dict(error.headers or {}))


def _of_mongo(request: Request, error: Exception) -> Response:
    assert isinstance(error, PyMongoError)
    ours = translated(error)
    return _of_our_own(request, ours) if isinstance(ours, DealwireError) else _of_a_bug(request, error)


def _of_what_cannot_be_kept(request: Request, error: Exception) -> Response:
    """JSON and addresses can spell what nothing can store: half of a surrogate pair, a number of a hundred digits."""
    rule = next((rule for words, rule in _UNKEEPABLE.items() if words in str(error)), None)
    if rule is None:
        return _of_a_bug(request, error)
    field = "" if request.method == "GET" else "body"
    return answer_problem(Malformed("The request holds what can't be stored", field=field, rule=rule), passage_of(request.scope).request_id)


def _of_a_bug(request: Request, error: Exception) -> Response:
    """Says nothing of the inside; the log, under the same request id, says all."""
    passage = passage_of(request.scope)
    log.error("a door failed", method=request.method, path=request.url.path, request_id=passage.request_id, exc_info=error)
    problem = Problem(
        type=_type("bug"),
        title="Something went wrong",
        status=500,
        detail="The fault is ours and has been logged",
        request_id=passage.request_id,
    )
    return _response(problem, {})


def _type(slug: str) -> str:
    return f"urn:dealwire:problem:{slug}"


def _headers(error: DealwireError) -> dict[str, str]:
    if isinstance(error, Unauthenticated):
        return {"www-authenticate": "Bearer"}
    soon = _RETRY_SOON if isinstance(error, Unreachable | Contended | TooMany) else {}
    return soon | getattr(error, "headers", {})


def _response(problem: Problem, headers: dict[str, str]) -> Response:
    return Response(problem.model_dump_json(), status_code=problem.status, media_type=MEDIA_TYPE, headers=headers)
