"""From data to pages: templates that escape everything, and the few words that they share."""

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from services.console.rules import wording

HERE = Path(__file__).parent.parent
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
ASSETS: Mapping[str, tuple[bytes, str]] = {
    path.name: (path.read_bytes(), _TYPES[path.suffix]) for path in sorted((HERE / "static").iterdir()) if path.suffix in _TYPES
}
_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; manifest-src 'self'"
HEADERS = {
    "content-security-policy": f"{_POLICY}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cross-origin-opener-policy": "same-origin",
    "vary": "x-fragment",
}


def _asset(name: str) -> str:
    """Its address changes with its content, so that browsers may keep it."""
    return f"/static/{name}?v={sha256(ASSETS[name][0]).hexdigest()[:12]}"


def _moment(at: datetime | None, form: str = "full") -> Markup:
    """A time that the browser shows in the reader's own zone: `full`, `day`, or `ago`."""
    if at is None:
        return Markup("")
    shown = at.astimezone(UTC)
    text = shown.strftime("%-d %b %Y" if form == "day" else "%-d %b, %H:%M UTC")
    return Markup('<time datetime="{}" data-form="{}">{}</time>').format(shown.isoformat(), form, text)


def _address(text: str) -> str:
    """In a link to mail or call somebody, nothing but their address."""
    return quote(text, safe="@+")


def _environment() -> Environment:
    env = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    env.filters |= {"moment": _moment, "money": wording.money, "plain": wording.plain, "capital": wording.capital, "span": wording.span}
    env.filters |= {
        "initials": wording.initials,
        "called": wording.called,
        "listed": wording.listed,
        "address": _address,
        "masked_group": wording.masked_group,
    }
    env.globals |= {"asset": _asset, "now": lambda: datetime.now(UTC)}
    env.globals["ui"] = env.get_template("parts.html").module
    return env


TEMPLATES = _environment()


def render(template: str, status: int = 200, **data: Any) -> HTMLResponse:
    return HTMLResponse(TEMPLATES.get_template(template).render(data), status, headers=HEADERS)


def render_fragment(template: str, block: str, **data: Any) -> HTMLResponse:
    """One block of a page, for a page that is open already."""
    page = TEMPLATES.get_template(template)
    return HTMLResponse("".join(page.blocks[block](page.new_context(data))), headers=HEADERS)
