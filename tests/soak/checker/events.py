"""What was said: all that the collections imply, once, in order, under gapless versions."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from tests.soak.checker.check import Check
from tests.soak.checker.evidence import Evidence, Row, Said

OF_LEADS = (
    "lead.captured",
    "lead.merged",
    "lead.unmerged",
    "lead.enriched",
    "lead.qualified",
    "lead.disqualified",
    "lead.assigned",
    "lead.contacted",
    "lead.response_due",
    "lead.response_overdue",
    "lead.returned",
)
# Changes of a lead that no event of leads tells: they answer events of others, or are told by one that has a number of its own.
UNTOLD = ("converted", "won", "lost", "handed_over")
# What is keyed by something else than by what its version counts.
NOT_BY_VERSION = ("lead.described", "lead.placed", "lead.routed", "lead.submitted", "case.submitted")


def captured_once(evidence: Evidence) -> Check:
    said = Counter(event.data["lead_id"] for event in evidence.first("lead.captured"))
    leads = {row["_id"] for row in evidence.of("leads", "leads")}
    faults = [f"lead {lead} was said to be captured {said[lead]} times" for lead in leads | said.keys() if said[lead] != 1]
    return Check.of("each lead is captured once", len(leads), faults)


def judged(evidence: Evidence) -> Check:
    """A grade that is told anew is no other verdict."""
    qualified, disqualified = (_verdicts(evidence, topic) for topic in ("lead.qualified", "lead.disqualified"))
    leads = evidence.of("leads", "leads")
    return Check.of("each verdict is said once", len(leads), (_misjudged(row, qualified, disqualified) for row in leads))


def _verdicts(evidence: Evidence, topic: str) -> dict[str, list[Said]]:
    said = evidence.by("lead_id", topic)
    return {lead: [event for event in events if event.data.get("previous_grade") is None] for lead, events in said.items()}


def _misjudged(row: Row, qualified: dict[str, list[Said]], disqualified: dict[str, list[Said]]) -> str | None:
    times, times_not = len(qualified.get(row["_id"], ())), len(disqualified.get(row["_id"], ()))
    expected = (1, times_not) if row["status"] in ("qualified", "contacted") else (0, 1)
    if (times, times_not) != expected or times_not > 1:
        return f"{row['status']} lead {row['_id']} was said to be qualified {times} and disqualified {times_not} times"
    return None


def assigned(evidence: Evidence) -> Check:
    """Each qualified lead has an owner, and the last to whom it was said to be assigned is that one."""
    said = evidence.by("lead_id", "lead.assigned")
    qualified = [row for row in evidence.of("leads", "leads") if row["status"] == "qualified"]
    return Check.of("each qualified lead is assigned", len(qualified), (_misassigned(row, said.get(row["_id"], [])) for row in qualified))


def _misassigned(row: Row, said: list[Said]) -> str | None:
    owners = [event.data["owner_id"] for event in sorted(said, key=lambda event: int(event.data["version"]))]
    return None if row["owner_id"] and owners == [row["owner_id"]] else f"lead {row['_id']} of {row['owner_id']} was given to {owners}"


def merged_once(evidence: Evidence) -> Check:
    """Each submission that was merged, unless it named itself by an external id that was known."""
    said = Counter(event.data.get("submission_id") for event in evidence.first("lead.merged"))
    merged = {row["_id"] for row in evidence.of("leads", "submissions") if row["status"] == "merged" and row.get("rule") != "external_id"}
    faults = [f"submission {one} was said to be merged {said[one]} times" for one in merged | said.keys() if said[one] != (one in merged)]
    return Check.of("each merger is said once", len(merged), faults)


def versions_of_leads(evidence: Evidence) -> Check:
    """Every version of a lead is one event, or one change that nobody is told of; from 1 to the lead's own, without a gap."""
    told = {lead: [event.data["version"] for event in events] for lead, events in evidence.by("lead_id", *OF_LEADS).items()}
    for row in evidence.of("leads", "history"):
        if row["of"] == "lead" and row["what"] in UNTOLD:
            told.setdefault(row["record_id"], []).append(row["version"])
    leads = evidence.of("leads", "leads")
    faults = (_gap("lead", row, told.get(row["_id"], [])) for row in leads)
    return Check.of("versions of leads have no gap", len(leads), faults)


def versions_of_opportunities(evidence: Evidence) -> Check:
    versions: defaultdict[str, list[int]] = defaultdict(list)
    for row in evidence.of("opportunities", "history"):
        if row["of"] == "opportunity":
            versions[row["record_id"]].append(row["version"])
    rows = evidence.of("opportunities", "opportunities")
    return Check.of("versions of opportunities have no gap", len(rows), (_gap("opportunity", row, versions[row["_id"]]) for row in rows))


def _gap(noun: str, row: Row, versions: list[int]) -> str | None:
    if sorted(versions) == list(range(1, row["version"] + 1)):
        return None
    return f"{noun} {row['_id']} is at version {row['version']}, and was changed to {sorted(versions)}"


def opened_once(evidence: Evidence) -> Check:
    """One opportunity for each qualified lead, with its owner, and said to be opened once."""
    qualified = set(evidence.by("lead_id", "lead.qualified"))
    said = Counter(event.data["lead_id"] for event in evidence.first("opportunity.opened"))
    kept = Counter(row["lead_id"] for row in evidence.of("opportunities", "opportunities"))
    faults = [
        f"for lead {lead} {kept[lead]} opportunities are kept and {said[lead]} were said to be opened"
        for lead in qualified | said.keys() | kept.keys()
        if (kept[lead], said[lead]) != ((1, 1) if lead in qualified else (0, 0))
    ]
    return Check.of("one opportunity per qualified lead", len(qualified), [*faults, *_of_others(evidence)])


def _of_others(evidence: Evidence) -> Iterator[str]:
    owners = {row["_id"]: row["owner_id"] for row in evidence.of("leads", "leads")}
    for row in evidence.of("opportunities", "opportunities"):
        if row["owner_id"] != owners.get(row["lead_id"]):
            yield f"opportunity {row['_id']} belongs to {row['owner_id']}, its lead to {owners.get(row['lead_id'])}"


def cases_opened_once(evidence: Evidence) -> Check:
    if "accounts" not in evidence.services:
        return Check("each case is opened once (nobody hears them here)", len(evidence.ledger.cases) or 1)
    kept = Counter(row["external_id"] for row in evidence.of("accounts", "cases"))
    ids = {row["_id"] for row in evidence.of("accounts", "cases")}
    said = Counter(event.data["case_id"] for event in evidence.first("case.opened"))
    faults = [
        f"case {one} is kept {kept[one]} times"
        for one in evidence.ledger.cases | kept.keys()
        if kept[one] != (one in evidence.ledger.cases)
    ]
    faults += [f"case {one} was said to be opened {said[one]} times" for one in ids | said.keys() if said[one] != (one in ids)]
    return Check.of("each case is opened once", len(evidence.ledger.cases), faults)


def in_order(evidence: Evidence) -> Check:
    """On each topic, what is said under one key comes in the order of its versions; a repeat may come later."""
    faults, counted = [], 0
    for topic in evidence.records:
        if topic in NOT_BY_VERSION or topic.endswith(".dead"):
            continue
        last: dict[bytes | None, int] = {}
        for event in evidence.first(topic):
            counted += 1
            if event.data["version"] <= last.get(event.key, 0):
                faults.append(f"{topic} {event.key!r}: version {event.data['version']} comes after {last[event.key]}")
            last[event.key] = event.data["version"]
    return Check.of("each key keeps its order", counted, faults)


def repeats_are_the_same(evidence: Evidence) -> Check:
    faults, counted = [], 0
    for topic, records in evidence.records.items():
        digests: dict[str, int] = {}
        for record in records:
            counted += 1
            if digests.setdefault(record.identity, record.digest) != record.digest:
                faults.append(f"{topic}: {record.identity} was said in two ways")
    return Check.of("an event said twice says the same", counted, faults)


CHECKS = (
    captured_once,
    judged,
    assigned,
    merged_once,
    versions_of_leads,
    opened_once,
    versions_of_opportunities,
    cases_opened_once,
    in_order,
    repeats_are_the_same,
)
