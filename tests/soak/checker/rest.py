"""What is left when all is quiet: nothing that somebody waits for."""

from datetime import UTC, datetime

from tests.soak.checker.check import Check
from tests.soak.checker.evidence import Evidence


def outboxes_are_empty(evidence: Evidence) -> Check:
    faults = [f"{service}: {len(rows)} rows" for service in evidence.services if (rows := evidence.of(service, "outbox"))]
    return Check.of("outboxes are empty", len(evidence.services), faults)


def no_timer_is_overdue(evidence: Evidence) -> Check:
    now = datetime.now(UTC)
    timers = [(service, row) for service in evidence.services for row in evidence.of(service, "timers")]
    faults = [f"{service}: {row['_id']} was due {row['due']}" for service, row in timers if row["due"] < now]
    return Check.of("no timer is overdue", len(timers), faults)


def nothing_waits_in_vain(evidence: Evidence) -> Check:
    """An event waits only for what never came: mergers of leads that nobody qualified."""
    qualified = evidence.by("lead_id", "lead.qualified").keys()
    waiting = [(service, row) for service in evidence.services for row in evidence.of(service, "waiting")]
    faults = [
        f"{service}: {row['topic']} for {row['until']}"
        for service, row in waiting
        if row["until"].removeprefix("lead:") in qualified or service != "opportunities"
    ]
    return Check.of("nothing waits in vain", len(waiting) or 1, faults)


def all_ended_when_asked(evidence: Evidence) -> Check:
    return Check.of(
        "each process ends when asked to",
        len(evidence.codes),
        (f"{name} ended with {code}" for name, code in evidence.codes.items() if code),
    )


CHECKS = (outboxes_are_empty, no_timer_is_overdue, nothing_waits_in_vain, all_ended_when_asked)
