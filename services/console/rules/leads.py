"""What is said about leads, and about those who sell."""

from typing import Any

from services.console.models import MASKING, Row, Story, Subject, link
from services.console.rules.meaning import means
from shared.events import (
    ConsentGiven,
    ImportFinished,
    LeadAssigned,
    LeadCaptured,
    LeadContacted,
    LeadDisqualified,
    LeadEnriched,
    LeadMerged,
    LeadQualified,
    LeadResponseDue,
    LeadResponseOverdue,
    LeadReturned,
    LeadUnmerged,
    LeadWithdrawn,
    MaskingActivated,
    RepChanged,
)


@means(LeadCaptured)
def captured(event: LeadCaptured) -> Story:
    lead = _lead(event)
    capture = lead.says("capture", source=event.source, status=event.status, at=event.captured_at)
    told = {"source": event.source, "product": event.interest.product, "campaign": event.attribution.campaign}
    return Story((lead.says("identity", **_identity(event)), capture), lead.ref, event.captured_at, told, "captured")


@means(LeadMerged)
def merged(event: LeadMerged) -> Story:
    """A submission or another lead turned out to be this one."""
    lead = _lead(event)
    facts = [*_known_again(lead, event), *_absorbed(lead, event.merged_lead_id, by=event.lead_id)]
    told = {"rule": event.match.rule, "score": event.match.score, "fields": event.match.fields, "lead_id": event.merged_lead_id}
    return Story(facts, lead.ref, told=told)


@means(LeadUnmerged)
def unmerged(event: LeadUnmerged) -> Story:
    """Another lead, or what submissions had brought, was taken out again."""
    lead = _lead(event)
    facts = [*_known_again(lead, event), *_absorbed(lead, event.restored_lead_id, by=None)]
    if event.restored is not None and event.restored_lead_id is not None:
        facts += _known_again(Subject("leads", event.restored_lead_id, event.restored.version), event.restored)
    return Story(facts, lead.ref, told={"lead_id": event.restored_lead_id, "submissions": len(event.submission_ids)})


def _known_again(lead: Subject, said: Any) -> list[Any]:
    identity = _identity(said)
    return [lead.says("identity", **identity)] if identity["person"] or identity["company"] else []


@means(LeadWithdrawn)
def withdrawn(event: LeadWithdrawn) -> Story:
    lead = _lead(event)
    return Story((lead.says("withdrawn", reason=event.reason),), lead.ref, event.withdrawn_at, {"reason": event.reason}, "withdrawn")


@means(ImportFinished)
def import_finished(event: ImportFinished) -> Story:
    """No record of the console's own; pages that show leads look again."""
    return Story(concerns=("imports",))


@means(LeadEnriched)
def enriched(event: LeadEnriched) -> Story:
    lead = _lead(event)
    filled = {"person": _filled(event.person), "company": _filled(event.company)}
    return Story((lead.says("enrichment", **filled),), lead.ref, event.enriched_at, {"provider": event.provider})


@means(LeadQualified, LeadDisqualified)
def judged(event: LeadQualified) -> Story:
    lead = _lead(event)
    rejected = isinstance(event, LeadDisqualified)
    status = "disqualified" if rejected else "qualified"
    reasons = [reason.model_dump() for reason in event.reasons]
    verdict = {"score": event.score, "grade": event.grade, "reason": event.reason if isinstance(event, LeadDisqualified) else None}
    whose = {"owner_id": event.owner_id, "team_id": event.team_id, "to_claim": event.to_claim}
    facts = (
        lead.says("identity", **_identity(event)),
        lead.says("verdict", status=status, at=event.qualified_at, criteria=event.criteria_version, **verdict, **whose),
    )
    counted = status if event.previous_grade is None else None
    return Story(facts, lead.ref, event.qualified_at, verdict | {"reasons": reasons, "criteria": event.criteria_version}, counted)


@means(LeadAssigned)
def assigned(event: LeadAssigned) -> Story:
    lead = _lead(event)
    dealt: Row = {"owner_id": event.owner_id, "team_id": event.team_id, "rule": event.rule, "reason": event.reason}
    dealt["respond_by"] = event.respond_by
    return Story((lead.says("dealt", **dealt),), lead.ref, told=dealt | {"previous_owner_id": event.previous_owner_id}, counted="assigned")


@means(LeadContacted)
def contacted(event: LeadContacted) -> Story:
    lead = _lead(event)
    contact = lead.says("contact", at=event.contacted_at, channel=event.channel, seconds=event.response_seconds)
    told = {"channel": event.channel, "response_seconds": event.response_seconds, "actor_id": event.owner_id}
    return Story((contact,), lead.ref, event.contacted_at, told, "contacted")


@means(LeadResponseOverdue)
def response_overdue(event: LeadResponseOverdue) -> Story:
    lead = _lead(event)
    told = {"owner_id": event.owner_id, "respond_by": event.respond_by}
    return Story((lead.says("late", respond_by=event.respond_by),), lead.ref, told=told, counted="overdue")


@means(LeadResponseDue)
def response_due(event: LeadResponseDue) -> Story:
    return Story((), _lead(event).ref, told={"owner_id": event.owner_id, "respond_by": event.respond_by})


@means(LeadReturned)
def returned(event: LeadReturned) -> Story:
    """It is nobody's again, and begins anew."""
    lead = _lead(event)
    nobodys = lead.says("dealt", owner_id=None, team_id=event.team_id, rule=None, reason=event.reason, respond_by=None)
    facts = (lead.says("verdict", status="returned", at=event.returned_at, reason=event.reason), nobodys)
    return Story(facts, lead.ref, event.returned_at, {"owner_id": event.owner_id, "reason": event.reason})


@means(ConsentGiven)
def consented(event: ConsentGiven) -> Story:
    lead = _lead(event)
    told = {"source": event.source, "purpose": event.purpose, "basis": event.basis}
    return Story((lead.says("consent", at=event.given_at, **told),), lead.ref, event.given_at, told)


@means(RepChanged)
def rep_changed(event: RepChanged) -> Story:
    rep = Subject("reps", event.rep_id, event.version)
    return Story((rep.says("person", **event.model_dump(exclude={"rep_id", "version"})),), concerns=("reps",))


@means(MaskingActivated)
def masking_activated(event: MaskingActivated) -> Story:
    policy = Subject("policies", event.masking_id, event.version)
    return Story((policy.says("masking", hidden=event.hidden),), concerns=(MASKING,))


def _lead(event: Any) -> Subject:
    return Subject("leads", event.lead_id, event.version)


def _absorbed(lead: Subject, other_id: str | None, *, by: str | None) -> list[Any]:
    """The other lead lives on in this one, or, with `by` None, no more."""
    if other_id is None:
        return []
    other = Subject("leads", other_id, lead.version)
    return [other.says("absorbed", into=by), link(lead.ref, other.ref, version=lead.version, tied=by is not None)]


def _identity(event: Any) -> Row:
    return {"person": _filled(event.person), "company": _filled(event.company), "interest": _filled(event.interest)}


def _filled(value: Any) -> Row:
    filled: Row = value.model_dump(exclude_none=True)
    return filled
