"""What an opportunity takes from its lead: its birth, its owner, its details, and their erasure."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from services.opportunities.models import Opportunity, Pipeline, StageStay, opportunity_id_of
from services.opportunities.rules.money import budget_of
from services.opportunities.rules.stages import entering, given_back, left
from services.opportunities.rules.team import led_by
from shared.events import (
    AccountOpened,
    Company,
    Contact,
    Event,
    Interest,
    LeadAssigned,
    LeadMerged,
    LeadQualified,
    LeadReturned,
    LeadUnmerged,
    Person,
    RestoredLead,
)
from shared.events.people import email_hash

MAX_NAME = 200
DUPLICATE = "duplicate"
# Versions of the lead that it follows: of another lead they say nothing.
_FOLLOWED = ("owner_version", "qualified_version", "returned_version")


def opened_from(lead: LeadQualified, pipeline: Pipeline, at: datetime) -> Opportunity:
    amount, currency = budget_of(lead.interest)
    first = pipeline.stages[0]
    opportunity = Opportunity(
        id=opportunity_id_of(lead.lead_id),
        created_at=at,
        updated_at=at,
        lead_id=lead.lead_id,
        details_version=lead.version,
        qualified_version=lead.version,
        name=name_for(lead.person, lead.company, lead.interest),
        pipeline=pipeline.id,
        stages=[StageStay(stage=first.slug, entered_at=at)],
        person=lead.person,
        company=lead.company,
        interest=lead.interest,
        email_hashes=email_hashes(lead.person, ()),
        needs=[lead.interest.need] if lead.interest.need else [],
        amount=amount,
        currency=currency,
        opened_at=at,
        **entering(first, at),
    )
    return owned_by(opportunity, lead.owner_id, lead.team_id, version=lead.version) if lead.owner_id else opportunity


def assigned(opportunity: Opportunity, assignment: LeadAssigned, team_id: str | None) -> Opportunity:
    """Follows the lead to its new owner; an older assignment changes nothing."""
    if assignment.version <= opportunity.owner_version:
        return opportunity
    return owned_by(opportunity, assignment.owner_id, assignment.team_id or team_id, version=assignment.version)


def owned_by(opportunity: Opportunity, owner_id: str, team_id: str | None, *, version: int) -> Opportunity:
    """The credit for a closed deal stays with those who closed it."""
    team = led_by(opportunity.team, owner_id) if opportunity.status == "open" else opportunity.team
    return opportunity.model_copy(update={"owner_id": owner_id, "team_id": team_id, "team": team, "owner_version": version})


def returned(opportunity: Opportunity, returning: LeadReturned, at: datetime) -> Opportunity:
    """Unless the lead has come again since; and what is won or lost stays so."""
    if returning.version <= max(opportunity.qualified_version, opportunity.returned_version):
        return opportunity
    if opportunity.status != "open":
        return opportunity
    return given_back(opportunity.model_copy(update={"returned_version": returning.version}), returning.reason, at)


def comes_again(opportunity: Opportunity, lead: LeadQualified) -> bool:
    """Whether it is a lead that was given back and is good again."""
    return opportunity.status == "returned" and lead.version > opportunity.returned_version


def was_good_before(opportunity: Opportunity, lead: LeadQualified) -> bool:
    """Whether the lead qualified before it took in the one that opened this."""
    return opportunity.id != opportunity_id_of(lead.lead_id) and lead.version < opportunity.qualified_version


def as_told_since(lead: LeadQualified, separation: LeadUnmerged) -> LeadQualified:
    since = separation.model_dump(include={"version", "owner_id", "team_id"})
    told = {"person": separation.person, "company": separation.company, "interest": separation.interest}
    return lead.model_copy(update=since | told)


def merged(opportunity: Opportunity, merger: LeadMerged) -> Opportunity:
    """Takes over the lead as it now is, if that is told, while the opportunity is open and nothing newer is known.

    Remembers who was merged into it.
    """
    linked = opportunity.merged_lead_ids
    if merger.merged_lead_id and merger.merged_lead_id not in linked:
        opportunity = opportunity.model_copy(update={"merged_lead_ids": [*linked, merger.merged_lead_id]})
    opportunity = opportunity.model_copy(update={"merged_versions": _taken_in(opportunity, merger)})
    if opportunity.status != "open" or merger.person == Person():
        return opportunity
    return described(opportunity, merger)


def relinked(opportunity: Opportunity, merger: LeadMerged) -> Opportunity:
    """From now on it follows the lead that stayed, from the version at which that took the other in; and whoever has that has it."""
    linked = [*opportunity.merged_lead_ids, *([opportunity.lead_id] if opportunity.lead_id else [])]
    moved = {"lead_id": merger.lead_id, "merged_lead_ids": linked, "merged_versions": _taken_in(opportunity, merger), "details_version": 0}
    relinked = opportunity.model_copy(update=moved | dict.fromkeys(_FOLLOWED, merger.version) | {"owner_version": 0})
    return described(relinked, merger) if opportunity.status == "open" else relinked


def is_outdated(opportunity: Opportunity, separation: LeadUnmerged) -> bool:
    """Whether the two are known to have become one again since."""
    return opportunity.merged_versions.get(separation.restored_lead_id or "", 0) > separation.version


def unlinked(opportunity: Opportunity, separation: LeadUnmerged) -> Opportunity:
    others = [lead_id for lead_id in opportunity.merged_lead_ids if lead_id != separation.restored_lead_id]
    unlinked = opportunity.model_copy(update={"merged_lead_ids": others})
    return described(unlinked, separation) if opportunity.status == "open" else unlinked


def restored(opportunity: Opportunity, separation: LeadUnmerged) -> Opportunity:
    """It follows its own lead again, as that is told to be now."""
    lead_id, lead = separation.restored_lead_id, separation.restored
    others = [one for one in opportunity.merged_lead_ids if one != lead_id]
    own = opportunity.model_copy(update={"lead_id": lead_id, "merged_lead_ids": others})
    if lead is not None and opportunity.lead_id != lead_id:
        own = own.model_copy(update=dict.fromkeys(_FOLLOWED, lead.version - 1))
    if lead is None or opportunity.status != "open":
        return own
    own = described(own.model_copy(update={"details_version": 0}), lead)
    return owned_by(own, lead.owner_id, lead.team_id, version=lead.version) if lead.owner_id else own


def _taken_in(opportunity: Opportunity, merger: LeadMerged) -> dict[str, int]:
    known, gone = opportunity.merged_versions, merger.merged_lead_id
    return known | {gone: max(known.get(gone, 0), merger.version)} if gone else known


def is_untouched(opportunity: Opportunity) -> bool:
    """Nobody has done anything with it since it was opened."""
    return opportunity.status == "open" and opportunity.touched_at == opportunity.opened_at


def untouched_again(ended: Opportunity, reopened: Opportunity) -> Opportunity:
    """That it ended as a duplicate, and did not, is nobody's work on it."""
    return reopened.model_copy(update={"touched_at": ended.touched_at})


def may_be_worked_on(opportunity: Opportunity) -> bool:
    """It is open, or will be when its lead comes again."""
    return opportunity.status in ("open", "returned")


def was_never_worked_on(opportunity: Opportunity) -> bool:
    """Nobody ever did anything with it, though it may have ended as a duplicate."""
    return opportunity.touched_at == opportunity.opened_at and (opportunity.status == "open" or is_duplicate(opportunity))


def is_duplicate(opportunity: Opportunity) -> bool:
    return opportunity.status == "lost" and opportunity.close_reason == DUPLICATE


def ended_as_duplicate(opportunity: Opportunity, at: datetime) -> Opportunity:
    """Lost to nobody: there is another for the same person."""
    ending = {"status": "lost", "probability": Decimal(0), "forecast_category": "omitted", "close_reason": DUPLICATE, "closed_at": at}
    return opportunity.model_copy(update={**ending, "close_date": at.date(), "stages": left(opportunity, at)})


def described(opportunity: Opportunity, lead: LeadMerged | LeadQualified | LeadUnmerged | RestoredLead) -> Opportunity:
    if isinstance(lead, LeadQualified) and lead.version > opportunity.qualified_version:
        opportunity = opportunity.model_copy(update={"qualified_version": lead.version})
    if lead.version <= opportunity.details_version:
        return opportunity
    person = Person() if opportunity.erased else lead.person
    return opportunity.model_copy(
        update={
            "details_version": lead.version,
            "person": person,
            "company": lead.company,
            "interest": lead.interest,
            "email_hashes": email_hashes(person, opportunity.contacts),
        }
    )


def erased(opportunity: Opportunity, hashes: Collection[str], *, lead: bool) -> Opportunity:
    """Without the person: everything of them if the `lead` was theirs, else what carries one of their addresses."""
    is_theirs = lead or _is_one_of(opportunity.person.email, hashes)
    contacts = [_forgotten(contact, opportunity.person, hashes, lead=lead) for contact in opportunity.contacts]
    person = Person() if is_theirs else opportunity.person
    name = _unnamed(opportunity) if is_theirs else opportunity.name
    return opportunity.model_copy(
        update={
            "person": person,
            "contacts": contacts,
            "name": name,
            "email_hashes": email_hashes(person, contacts),
            "erased": opportunity.erased or is_theirs,
        }
    )


def without_person(event: LeadMerged | LeadQualified | LeadUnmerged) -> Event:
    """What waits is not to tell of anybody whom nothing may be kept of."""
    nobody = {"person": Person()} | ({"restored": None} if isinstance(event, LeadUnmerged) else {})
    return event.model_copy(update=nobody)


def without_people(account: AccountOpened) -> AccountOpened:
    """What waits of an account is whose it is."""
    return account.model_copy(update={"name": "", "contacts": []})


def in_full(merger: LeadMerged, waited: Iterable[Event]) -> LeadMerged:
    """With the person, if it waited for the lead that stayed as well."""
    return next((event for event in waited if isinstance(event, LeadMerged) and event.envelope.id == merger.envelope.id), merger)


def undoes(event: Event, merger: LeadMerged) -> bool:
    """Whether it tells that these two leads were taken apart after that merger."""
    if not isinstance(event, LeadUnmerged) or event.version <= merger.version:
        return False
    return (event.lead_id, event.restored_lead_id) == (merger.lead_id, merger.merged_lead_id)


def standing_mergers(events: Sequence[Event]) -> list[LeadMerged]:
    """Those that none of these events undoes."""
    mergers = [event for event in events if isinstance(event, LeadMerged) and event.merged_lead_id]
    return [merger for merger in mergers if not any(undoes(event, merger) for event in events)]


def place_of(event: Event) -> int:
    """Where an event about a lead stands among the others; of other things, before them all."""
    return event.version if isinstance(event, LeadAssigned | LeadMerged | LeadReturned | LeadUnmerged) else 0


def name_for(person: Person, company: Company, interest: Interest) -> str:
    """`Acme: pumps`, else as much of it as is known."""
    who = company.name or " ".join(part for part in (person.first_name, person.last_name) if part) or company.domain
    return ": ".join(part for part in (who, interest.product) if part)[:MAX_NAME] or "Opportunity"


def email_hashes(person: Person, contacts: Iterable[Contact]) -> list[str]:
    emails = (person.email, *(contact.email for contact in contacts))
    return sorted({email_hash(email) for email in emails if email})


def _forgotten(contact: Contact, person: Person, hashes: Collection[str], *, lead: bool) -> Contact:
    is_theirs = _is_one_of(contact.email, hashes) or (lead and bool(contact.email) and contact.email == person.email)
    return Contact(contact_id=contact.contact_id, role=contact.role) if is_theirs else contact


def _unnamed(opportunity: Opportunity) -> str:
    """A name that tells who it was is made anew from the rest."""
    person = opportunity.person
    told = [part.casefold() for part in (person.first_name, person.last_name, person.email) if part]
    if not any(part in opportunity.name.casefold() for part in told):
        return opportunity.name
    return name_for(Person(), opportunity.company, opportunity.interest)


def _is_one_of(email: str | None, hashes: Collection[str]) -> bool:
    return email_hash(email) in hashes if email else False
