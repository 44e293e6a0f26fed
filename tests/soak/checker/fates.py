"""What became of each submission: one fate, no more and no less."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from tests.soak.checker.check import Check
from tests.soak.checker.evidence import Evidence
from tests.soak.traffic import TOPIC


def one_fate_each(evidence: Evidence) -> Check:
    """Captured or merged for what is good, refused for what breaks a rule; and nothing that nobody submitted."""
    fates = {row["_id"]: row["status"] for row in evidence.of("leads", "submissions")}
    expected = {"new": {"captured", "merged"}, "again": {"captured", "merged"}, "refused": {"refused"}}
    sent = evidence.ledger.of_kind("new", "again", "refused")
    faults = [
        f"{one.kind} submission {one.submission_id} ({one.identity}) is {fates.get(one.submission_id)}"
        for one in sent
        if fates.get(one.submission_id) not in expected[one.kind]
    ]
    unknown = fates.keys() - {one.submission_id for one in sent}
    return Check.of("every submission has one fate", len(sent), [*faults, *(f"nobody submitted {one}" for one in unknown)])


def one_lead_per_person(evidence: Evidence) -> Check:
    leads = Counter(row["person"].get("email") for row in evidence.of("leads", "leads"))
    people = {one.someone.email for one in evidence.ledger.of_kind("new", "again")}
    faults = [f"{email} has {leads[email]} leads" for email in people if leads[email] != 1]
    strangers = leads.keys() - people
    return Check.of("one lead per person", len(people), [*faults, *(f"a lead of {stranger}" for stranger in strangers)])


def captured_leads_are_there(evidence: Evidence) -> Check:
    """Each captured submission began one lead, each merged one belongs to one."""
    begun = Counter(row["submission_id"] for row in evidence.of("leads", "leads"))
    leads = {row["_id"] for row in evidence.of("leads", "leads")}
    submissions = evidence.of("leads", "submissions")
    faults = (_unfounded(row, begun[row["_id"]], leads) for row in submissions)
    return Check.of("each fate has its lead", len(submissions), faults)


def _unfounded(row: dict[str, str], begun: int, leads: set[str]) -> str | None:
    if begun != (row["status"] == "captured"):
        return f"{row['status']} submission {row['_id']} began {begun} leads"
    if row["status"] != "refused" and row["lead_id"] not in leads:
        return f"{row['status']} submission {row['_id']} has no lead"
    return None


def bad_ones_are_parked(evidence: Evidence) -> Check:
    """By each who hears submissions, as far as it refuses them: what was bad, and nothing else."""
    faults = list(_wrongly_parked(evidence, "leads", refusing=True))
    faults += _wrongly_parked(evidence, "witness", refusing=False)
    return Check.of("what is bad is parked, and nothing else", len(evidence.ledger.of_kind("refused", "unreadable")), faults)


def _wrongly_parked(evidence: Evidence, service: str, *, refusing: bool) -> Iterator[str]:
    parked: defaultdict[str, list[str]] = defaultdict(list)
    events = {f"{said.topic}/{said.partition}/{said.offset}": said.identity for said in evidence.records.get(TOPIC, ())}
    for row in evidence.of(service, "parked"):
        parked[events.get(f"{row['topic']}/{row['partition']}/{row['offset']}", str(row))].append(row["reason"])
    kinds = ("refused", "unreadable") if refusing else ("unreadable",)
    bad = {one.identity for one in evidence.ledger.of_kind(*kinds)}
    for identity in bad | parked.keys():
        if parked[identity] != (["refused"] if identity in bad else []):
            yield f"{service} parked {identity} for {parked[identity] or 'nothing'}"


def nothing_is_parked_elsewhere(evidence: Evidence) -> Check:
    others = [service for service in evidence.services if service not in ("leads", "witness")]
    faults = [f"{service} parked {row}" for service in others for row in evidence.of(service, "parked")]
    return Check.of("nobody else parked anything", len(others), faults)


def parked_and_dead(evidence: Evidence) -> Check:
    """Each parked row is a dead letter, and each dead letter a parked row."""
    faults: list[str] = []
    counted = 0
    for service in evidence.services:
        rows = {row["_id"] for row in evidence.of(service, "parked")}
        letters = {said.headers["dead_id"].decode() for said in evidence.records.get(f"{service}.dead", ())}
        counted += len(rows)
        faults += [f"{service}: {one} is parked or dead, but not both" for one in rows ^ letters]
    return Check.of("parked rows and dead letters agree", counted, faults)


CHECKS = (one_fate_each, one_lead_per_person, captured_leads_are_there, bad_ones_are_parked, nothing_is_parked_elsewhere, parked_and_dead)
