"""Somebody at the form of a source: what they see, and what they have written."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from services.leads import store
from services.leads.api.pages import notice, page, policy
from services.leads.models import FormSettings, Language, Source
from services.leads.rules.capture.forms import CONSENT, submission_in, written_in
from services.leads.rules.capture.spam import FORM, REASONS, TRAP, suspicion, time_taken
from services.leads.rules.capture.stamps import stamped
from services.leads.rules.capture.wording import labels_of, language_of
from services.leads.service import Aside
from services.leads.settings import lead_settings
from shared.database import utcnow
from shared.errors import NotFound
from shared.web import RequestDoor

MOST_AGENT = 300
_KEPT = {"utm_campaign": "campaign", "utm_medium": "medium", "utm_source": "utm_source", "referrer": "referrer"}


@dataclass(frozen=True, slots=True)
class Visit:
    """`form` is that of `source`; whoever looks at it does so in `language`."""

    door: RequestDoor
    request: Request
    source: Source
    form: FormSettings
    language: Language

    @classmethod
    async def begun(cls, door: RequestDoor, request: Request, slug: str) -> "Visit":
        """A source that is off has no form."""
        source = await store.find_record(door.db, Source, slug)
        if source is None or source.form is None or not source.active:
            raise NotFound(f"The source {slug} has no form", field="slug", rule="exists")
        return cls(door, request, source, source.form, language_of(request.headers.get("accept-language", ""), source.form.language))

    @property
    def address(self) -> str:
        """Behind a proxy, whom the proxy names, if it is one of FORWARDED_ALLOW_IPS."""
        return self.request.client.host if self.request.client else "unknown"

    @property
    def embedded(self) -> bool:
        return "embed" in self.request.query_params

    @property
    def attribution(self) -> dict[str, str]:
        query = self.request.query_params
        return {field: query[name][:300] for name, field in _KEPT.items() if query.get(name)}

    @property
    def _headers(self) -> dict[str, str]:
        return policy(embed_on=self.form.embed_on, redirect=self.form.redirect)

    def form_page(self, values: Mapping[str, str], wrong: Mapping[str, str], *, status: int = 200) -> Response:
        """Every showing has a time of its own, signed."""
        token = stamped(FORM, self.source.id, utcnow(), lead_settings().keys)
        shown: dict[str, Any] = {
            "values": values,
            "wrong": wrong,
            "token": token,
            "trap": TRAP,
            "labels": labels_of(self.form, self.language),
        }
        return self._page("form.html", status, base="../", **shown)

    def turned_away(self) -> Response:
        return notice("busy", self.language, 429, headers={"retry-after": "3600"} | self._headers)

    def thanks(self, filled: "Filled") -> Response:
        """By a redirect, so that loading the page again sends nothing again."""
        if self.form.redirect and not self.embedded and not filled.is_to_be_confirmed:
            return RedirectResponse(self.form.redirect, 303, headers=self._headers)
        query = {"embed": "1"} if self.embedded else {}
        query |= {"confirm": "1"} if filled.is_to_be_confirmed else {}
        return RedirectResponse(f"{self.source.id}/thanks" + (f"?{urlencode(query)}" if query else ""), 303, headers=self._headers)

    def thanks_page(self) -> Response:
        return self._page("thanks.html", 200, base="../../", confirm="confirm" in self.request.query_params)

    def _page(self, template: str, status: int, **shown: Any) -> Response:
        return page(template, self.language, status, headers=self._headers, form=self.form, embedded=self.embedded, **shown)


class Filled:
    """What was posted to a form: what it says, and how it was filled in."""

    def __init__(self, visit: Visit, posted: Mapping[str, Any]) -> None:
        self._visit, self._posted, self._now = visit, posted, utcnow()
        self.values = written_in(visit.form, posted)

    @cached_property
    def data(self) -> dict[str, Any]:
        fixed = {"source": self._visit.source.id, "attribution": self._visit.attribution}
        return submission_in(self._visit.form, self.values, fixed, self._now)

    @property
    def suspicion(self) -> str | None:
        return suspicion(self._visit.form, str(self._posted.get(TRAP) or ""), self._taken)

    @cached_property
    def _taken(self) -> Any:
        token = str(self._posted.get("token") or "")
        return time_taken(token, self._visit.source.id, self._now, lead_settings().keys)

    @property
    def is_to_be_confirmed(self) -> bool:
        opt_in = self._visit.source.opt_in
        return opt_in is not None and bool(self.values.get("email")) and (opt_in.mode == "wait" or bool(self.values.get(CONSENT)))

    @property
    def proof(self) -> dict[str, Any]:
        visit = self._visit
        proof: dict[str, Any] = {"address": visit.address, "language": visit.language, "form_version": visit.source.version}
        proof["user_agent"] = visit.request.headers.get("user-agent", "")[:MOST_AGENT]
        proof["seconds"] = round(self._taken.total_seconds(), 1) if self._taken is not None else None
        if visit.form.consent_text and self.values.get(CONSENT):
            proof["consent_text"] = visit.form.consent_text
        return proof

    def as_spam(self, rule: str) -> Aside:
        raw = json.dumps(self.data, ensure_ascii=False).encode()
        return Aside(self._visit.source.id, "spam", rule, REASONS[rule], raw, f"form:{self._visit.source.id}", self.proof)
