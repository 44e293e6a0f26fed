"""What would other criteria say of the leads that there are? Nothing is written, and no more is read than was asked for."""

from collections import Counter
from datetime import datetime
from typing import Any

from services.leads import store
from services.leads.models import CriteriaDifference, CriteriaSet, CriteriaSimulation, FailedCriterion, LeadDocument
from services.leads.rules.judging.policy import Policy
from services.leads.rules.judging.scoring import Verdict
from services.leads.rules.judging.standing import step_of
from services.leads.service.judging.standing import renew_sums
from shared.database import Database

AT_ONCE = 200
MOST_TOLD = 200


class _Tally:
    def __init__(self) -> None:
        self.leads = 0
        self.steps: Counter[str] = Counter()
        self.before: Counter[str] = Counter()
        self.after: Counter[str] = Counter()
        self.changes: list[CriteriaDifference] = []
        self.failures: dict[str, FailedCriterion] = {}

    def weigh(self, policy: Policy, leads: list[LeadDocument], at: datetime) -> None:
        for lead in leads:
            verdict, _ = policy.weigh(lead, at)
            if verdict is not None:
                self._add(lead, verdict)

    def _add(self, lead: LeadDocument, verdict: Verdict) -> None:
        self.leads += 1
        self.before[lead.get("grade", "")] += 1
        self.after[verdict.grade] += 1
        for name, reason in verdict.broken.items():
            count = self.failures[name].count if name in self.failures else 0
            self.failures[name] = FailedCriterion(criterion=name, count=count + 1, reason=reason, lead_id=lead["_id"])
        step = step_of(lead, verdict, again=True)
        if step is not None:
            self.steps[step] += 1
            if len(self.changes) < MOST_TOLD:
                self.changes.append(_difference(lead, verdict, step))


async def simulate_criteria(db: Database, version: int, *, most: int, before: str | None, at: datetime) -> CriteriaSimulation:
    """On the latest leads, or on those captured before one of them; a few hundred at a time, so that others get their turn."""
    policy = Policy(await store.get_policy(db, CriteriaSet, version), None)
    tally, last, ended = _Tally(), before, False
    while tally.leads < most and not ended:
        wanted = min(AT_ONCE, most - tally.leads)
        leads = await store.find_leads_before(db, last, wanted)
        await renew_sums(db, policy, leads)
        tally.weigh(policy, leads, at)
        ended, last = len(leads) < wanted, leads[-1]["_id"] if leads else last
    return _told(version, tally, None if ended else last)


def _difference(lead: LeadDocument, verdict: Verdict, step: str) -> CriteriaDifference:
    before: dict[str, Any] = {"score_before": lead.get("score"), "grade_before": lead.get("grade")}
    now = {"score": verdict.score, "grade": verdict.grade, "reason": verdict.reason}
    return CriteriaDifference(lead_id=lead["_id"], step=step, status=lead["status"], **before, **now)


def _told(version: int, tally: _Tally, after: str | None) -> CriteriaSimulation:
    return CriteriaSimulation(
        version=version,
        leads=tally.leads,
        unchanged=tally.leads - tally.steps.total(),
        **{step: tally.steps[step] for step in ("qualified", "disqualified", "regraded")},
        grades_before=dict(sorted(tally.before.items())),
        grades=dict(sorted(tally.after.items())),
        changes=tally.changes,
        failures=sorted(tally.failures.values(), key=lambda one: (-one.count, one.criterion)),
        next=after,
    )
