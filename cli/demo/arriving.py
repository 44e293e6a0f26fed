"""The first act: people show interest, by every channel there is."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import uuid4

from cli.demo.cast import HEAD_OF_SALES, WEBSITE, Cast
from cli.demo.crowd import together, until_all
from cli.demo.plan import Plan, Prospect
from cli.demo.publishing import publish, send
from cli.demo.words import ASKED_AGAIN, FILE_SOURCE
from deploy.local.steps import Tell
from shared.cloudevents import Encoded
from shared.database import utcnow
from shared.events import EngagementRecorded, LeadSubmitted

Lead = dict[str, Any]
COLUMNS: Mapping[str, tuple[str, str]] = {
    "External ID": ("", "external_id"),
    "First name": ("person", "first_name"),
    "Last name": ("person", "last_name"),
    "E-Mail": ("person", "email"),
    "Phone": ("person", "phone"),
    "Job title": ("person", "title"),
    "Company": ("company", "name"),
    "Website": ("company", "domain"),
    "Country": ("company", "country"),
    "Employees": ("company", "employees"),
    "Product": ("interest", "product"),
    "Need": ("interest", "need"),
    "Budget": ("interest", "budget"),
    "Currency": ("interest", "currency"),
    "Timeline": ("interest", "timeline"),
}
# Nobody can be told apart by these: they come back with line and reason, the rows beside them go through.
BAD_ROWS = (["stand 14"] + [""] * (len(COLUMNS) - 1), ["stand 15", "Bo"])
BAD_MESSAGE = b'{"source": "webinar", "person": {"first_name": "Nobody"}}'
TOO_SLOW = "See: dealwire status, dealwire logs leads"


class Imported(NamedTuple):
    accepted: int
    refused: int


class Arrivals:
    """Who came, and what became of them; `leads` by e-mail once they have their fate."""

    def __init__(self, plan: Plan, cast: Cast) -> None:
        self._plan, self._cast, self._began = plan, cast, utcnow()
        self.submissions: list[dict[str, Any]] = []
        self.imported = Imported(0, 0)
        self.leads: dict[str, Lead] = {}

    def come_by_http(self, tell: Tell) -> None:
        website = self._cast.at("leads", WEBSITE)
        self.submissions = together(self._plan.by("http"), lambda one: website.post("/leads", one.submission), tell)

    def come_by_kafka(self, _: Tell) -> None:
        """And one message that names nobody: it is parked, for an operator to look at."""
        publish(LeadSubmitted.model_validate(one.submission) for one in self._plan.by("kafka"))
        send([Encoded(LeadSubmitted.topic, b"nobody", BAD_MESSAGE, [])])

    def come_by_file(self, tell: Tell) -> None:
        leads = self._cast.at("leads", HEAD_OF_SALES)
        sent = {"file": (f"{FILE_SOURCE}-{self._plan.month}.csv", csv_of(self._plan.by("file")), "text/csv")}
        import_id = leads.post("/imports", data={"source": FILE_SOURCE}, files=sent, headers={"idempotency-key": str(uuid4())})["import_id"]
        until_all(lambda: self._look_at_import(import_id), tell, what="rows of the file were taken in", cure=TOO_SLOW)

    def _look_at_import(self, import_id: str) -> tuple[int, int]:
        state = self._cast.at("leads", HEAD_OF_SALES).get(f"/imports/{import_id}")
        self.imported = Imported(state["accepted"], state["refused"])
        return (1, 1) if state["status"] in ("done", "failed") else (0, 1)

    def come_again(self, tell: Tell) -> None:
        """Some do, by another channel and with less to say: they are recognised, and no new lead."""
        website, echoes = self._cast.at("leads", WEBSITE), self._plan.echoes
        publish(LeadSubmitted.model_validate(one.submission) for one in echoes if one.channel == "kafka")
        together([one for one in echoes if one.channel == "http"], lambda one: website.post("/leads", one.submission), tell)
        until_all(self._look_at_echoes, tell, what="of those who asked again were recognised", cure=TOO_SLOW)

    def _look_at_echoes(self) -> tuple[int, int]:
        fresh = self._fresh_leads()
        return sum(fresh[one.email]["interest"].get("notes") == ASKED_AGAIN for one in self._plan.echoes), len(self._plan.echoes)

    def await_fates(self, tell: Tell) -> None:
        until_all(self._look_at_leads, tell, what="leads were judged and dealt out", cure=TOO_SLOW)

    def _look_at_leads(self) -> tuple[int, int]:
        self.leads = self._fresh_leads()
        return sum(_has_fate(self.leads.get(one.email)) for one in self._plan.prospects), len(self._plan.prospects)

    def _fresh_leads(self) -> dict[str, Lead]:
        fresh = self._cast.all_of("leads", "/leads", created_at__gte=self._began.isoformat())
        return {lead["person"]["email"]: lead for lead in fresh if lead["person"].get("email")}

    def show_interest(self, tell: Tell) -> None:
        """Every other one looks or clicks, on the website or in a mail."""
        interested = self._plan.prospects[::2]
        website = self._cast.at("leads", WEBSITE)
        looks = [EngagementRecorded(email=one.email, kind="page_view", detail="/prices", occurred_at=utcnow()) for one in interested]
        together(looks, lambda look: website.post("/engagements", look.model_dump(mode="json", exclude_none=True)), tell)
        publish(EngagementRecorded(email=one.email, kind="email_click", detail="brochure", occurred_at=utcnow()) for one in interested[::2])


def csv_of(prospects: Sequence[Prospect]) -> bytes:
    """As somebody typed it up after the fair, with two lines that make no sense."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    rows.writerows([_cell(one.submission, *place) for place in COLUMNS.values()] for one in prospects)
    rows.writerows(BAD_ROWS)
    return text.getvalue().encode()


def _cell(submission: Mapping[str, Any], part: str, field: str) -> str:
    return str((submission.get(part, {}) if part else submission).get(field, ""))


def _has_fate(lead: Lead | None) -> bool:
    return lead is not None and (lead["status"] == "disqualified" or bool(lead.get("owner_id")))
