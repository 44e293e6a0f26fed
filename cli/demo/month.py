"""A month of sales as a play in acts, and what came of it."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import httpx

from cli.client import url_of
from cli.demo.arriving import Arrivals
from cli.demo.caring import Customers
from cli.demo.cast import Cast
from cli.demo.plan import Plan
from cli.demo.selling import Floor
from deploy import SERVICES
from deploy.local.problems import ServersAway, StackProblem
from deploy.local.steps import Step, Tell
from shared.errors import Refused


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the month came to; money by currency."""

    month: int
    came: dict[str, int]
    leads: dict[str, int]
    sales: dict[str, int]
    won: dict[str, str]
    effort_hours: float
    promises: dict[str, int]
    proposals: int
    customers: dict[str, int]
    seconds: float


class Month:
    """`acts` are the steps; `outcome` is there when they were taken."""

    def __init__(self, plan: Plan, cast: Cast) -> None:
        self._plan, self._cast = plan, cast
        self._began = time.monotonic()
        self._arrivals, self._floor, self._customers = Arrivals(plan, cast), Floor(cast), Customers(cast, plan.month)

    def acts(self) -> list[Step]:
        arrivals, floor, customers = self._arrivals, self._floor, self._customers
        acts: list[tuple[str, Callable[[Tell], None]]] = [
            ("See whether all services are there", _see_services),
            ("Everybody takes their place", self._cast.take_places),
            ("Leads come in by HTTP", arrivals.come_by_http),
            ("Leads come in by Kafka", arrivals.come_by_kafka),
            ("Leads come in by file", arrivals.come_by_file),
            ("Each is judged and finds its rep", arrivals.await_fates),
            ("Some ask again", arrivals.come_again),
            ("Prospects look around", arrivals.show_interest),
            ("Opportunities open", lambda tell: floor.take_up(self._plan.prospects, arrivals.leads, tell)),
            ("Reps answer their leads", floor.answer),
            ("Calls, meetings, promises, proposals", floor.work),
            ("Deals are won and lost", floor.close),
            ("Accounts open", lambda tell: customers.welcome(floor.ended("won"), tell)),
            ("Orders go out", customers.fulfil),
            ("Customers complain", customers.complain),
            ("Support helps", customers.help),
            ("Customers say how content they are", customers.say_how_content_they_are),
            ("A broken promise is noticed", floor.await_missed),
        ]
        return [_explained(Step(title, work)) for title, work in acts]

    @property
    def outcome(self) -> Outcome:
        floor, arrivals = self._floor, self._arrivals
        missed = len(floor.missed)
        return Outcome(
            month=self._plan.month,
            came=self._who_came(),
            leads=dict(Counter(str(arrivals.leads[one.email]["status"]) for one in self._plan.prospects)),
            sales=dict(Counter(_in_words(sale.course.ending) for sale in floor.sales)),
            won=self._money_won(),
            effort_hours=round(sum(worked.minutes for worked in floor.worked) / 60, 1),
            promises={"kept": sum(worked.promises for worked in floor.worked) - missed, "missed": missed},
            proposals=sum(worked.proposals for worked in floor.worked),
            customers=self._customers_in_numbers(),
            seconds=round(time.monotonic() - self._began, 1),
        )

    def _who_came(self) -> dict[str, int]:
        imported = self._arrivals.imported
        came = {"by HTTP": len(self._arrivals.submissions), "by Kafka": len(self._plan.by("kafka")), "by file": imported.accepted}
        return came | {"who asked again": len(self._plan.echoes), "rows of the file refused": imported.refused, "messages parked": 1}

    def _money_won(self) -> dict[str, str]:
        won: Counter[str] = Counter()
        for sale in self._floor.ended("won"):
            won[sale.prospect.currency] += int(sale.course.offered)
        return {currency: f"{Decimal(amount):,}" for currency, amount in won.most_common()}

    def _customers_in_numbers(self) -> dict[str, int]:
        won, cases = self._floor.ended("won"), self._customers.cases()
        scores = [sale.course.answer for sale in won if sale.course.answer]
        return {
            "orders delivered": sum(sale.course.fulfilment == "delivered" for sale in won),
            "orders on their way": sum(sale.course.fulfilment in ("placed", "shipped") for sale in won),
            "answers": len(scores),
            "cases resolved": sum(case["status"] == "resolved" for case in cases),
            "cases open": sum(case["status"] != "resolved" for case in cases),
        }


def _in_words(ending: str) -> str:
    return {"untouched": "not answered yet", "contacted": "just answered", "open": "in the pipeline"}.get(ending, ending)


def _see_services(tell: Tell) -> None:
    for number, service in enumerate(SERVICES, start=1):
        if not _is_ready(service):
            raise ServersAway(f"{service} is not ready at {url_of(service)}.", "Start the stack with: make up. See: dealwire status")
        tell(number, len(SERVICES))


def _is_ready(service: str) -> bool:
    try:
        return httpx.get(f"{url_of(service)}/health/ready", timeout=5).is_success
    except httpx.TransportError:
        return False


def _explained(step: Step) -> Step:
    """What a service refuses of a month is a fault of the month or of the service, and not of who asked for it."""

    def work(tell: Tell) -> None:
        try:
            step.work(tell)
        except Refused as refusal:
            raise StackProblem(f"'{step.title}' was refused: {refusal}.", "See: dealwire status, dealwire logs") from refusal

    return Step(step.title, work)
