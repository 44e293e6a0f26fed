"""From data to the pages that strangers see: templates that escape everything, and headers that let nothing else run."""

from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pymongo.errors import PyMongoError

from services.leads.models import Language
from services.leads.rules.capture.wording import WORDS, complaint, language_of
from shared.database import translated
from shared.errors import Contended, DealwireError, Forbidden, NotFound, TooMany, Unreachable
from shared.telemetry import get_logger

log = get_logger(__name__)
HERE = Path(__file__).parent.parent
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
ASSETS = {path.name: (path.read_bytes(), _TYPES[path.suffix]) for path in (HERE / "static").iterdir() if path.suffix in _TYPES}
_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'"

_TEMPLATES = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def page(template: str, language: Language, status: int = 200, *, headers: dict[str, str] | None = None, **data: Any) -> HTMLResponse:
    """`base` in the data is the way from the page to the root of our doors, as the service may stand behind a prefix."""
    words = WORDS[language]
    shown = _TEMPLATES.get_template(template).render(t=words, language=language, complaint=lambda rule: complaint(rule, words), **data)
    return HTMLResponse(shown, status, headers={"vary": "accept-language", **policy(), **(headers or {})})


def policy(*, embed_on: Sequence[str] = (), redirect: str | None = None) -> dict[str, str]:
    """Browsers hold a redirect after a form to `form-action`, too."""
    action = f"'self' {_origin(redirect)}" if redirect else "'self'"
    ancestors = " ".join(["'self'", *embed_on]) if embed_on else "'none'"
    return {"content-security-policy": f"{_POLICY}; form-action {action}; frame-ancestors {ancestors}"}


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


class PageRoute(APIRoute):
    """A door that people come to with a browser: what is refused is told on a page, too."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def shown(request: Request) -> Response:
            try:
                return await handler(request)
            except (DealwireError, PyMongoError) as error:
                return _told(request, translated(error) if isinstance(error, PyMongoError) else error)

        return shown


def _told(request: Request, error: Exception) -> Response:
    language = language_of(request.headers.get("accept-language", ""))
    if isinstance(error, NotFound | Forbidden):
        return notice("gone", language, 404)
    if isinstance(error, TooMany):
        return notice("busy", language, 429, headers=error.headers)
    if isinstance(error, Unreachable | Contended):
        log.warning("a page could not be shown", error=str(error))
        return notice("away", language, 503, headers={"retry-after": "60"})
    raise error


def notice(name: str, language: Language, status: int = 200, *, base: str = "../", headers: dict[str, str] | None = None) -> HTMLResponse:
    """A page that says one thing: the words `<name>` and `<name>_text`."""
    return page("notice.html", language, status, headers=headers, base=base, name=name, onward=None)
