"""Double opt-in: of a batch of submissions those whose senders have to confirm first, and the mails that ask them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from services.leads import store
from services.leads.models import ConsentRecord, Language, OptInSettings, SubmissionDocument
from services.leads.rules.capture.identity import Intake
from services.leads.rules.capture.stamps import stamped
from services.leads.rules.capture.wording import LANGUAGES
from services.leads.settings import lead_settings
from shared.database import new_id
from shared.events import ConsentRequested
from shared.transaction import Transaction

OPT_IN_OVER = "opt_in.over"
CONSENT = "consent"
# Who submits again asks for another mail, but nobody's mailbox is filled this way.
ASKED_AGAIN_AFTER = timedelta(hours=1)
_NOT_COUNTED = ("marketing", "given_at", "basis")


class OptIns:
    """Of sources that ask nobody to confirm it knows nothing and does nothing, for they are nearly all."""

    def __init__(
        self, tx: Transaction, asking: Mapping[str, OptInSettings], known: Sequence[ConsentRecord], rows: Mapping[str, SubmissionDocument]
    ) -> None:
        self._tx, self._asking, self._rows = tx, asking, rows
        # One that was given counts before one that is still open.
        self._known = {(one.source, one.email): one for one in sorted(known, key=lambda one: one.status == "given")}
        self._marks: dict[str, ConsentRecord] = {}
        self._changed: dict[str, ConsentRecord] = {}

    @classmethod
    async def opened(
        cls, tx: Transaction, opt_ins: Mapping[str, OptInSettings], intakes: Sequence[Intake], rows: Mapping[str, SubmissionDocument]
    ) -> "OptIns":
        asking = {one.submission_id: opt_ins[one.submission.source] for one in intakes if opt_ins and _is_asked(one, opt_ins)}
        emails = {one.parts["person"]["email"] for one in intakes if one.submission_id in asking} if asking else set()
        return cls(tx, asking, await store.find_consents(tx, emails) if emails else (), rows)

    def held(self, intake: Intake) -> dict[str, Any] | None:
        """The fate of one that has to wait. One that goes on does so without the consent that is not confirmed."""
        opt_in = self._asking.get(intake.submission_id)
        if opt_in is None:
            return None
        consent = self._known.get((intake.submission.source, intake.parts["person"]["email"]))
        if consent is None or consent.status != "given":
            consent = self._ask(intake, opt_in, consent)
        self._marks[intake.submission_id] = consent
        if consent.status == "given":
            return None
        if opt_in.mode == "wait":
            held = intake.submission.model_dump_json(exclude_none=True).encode()
            return {"status": "unconfirmed", "settled_at": None, "held": held}
        intake.parts["consent"] = {name: value for name, value in intake.parts["consent"].items() if name not in _NOT_COUNTED}
        return None

    def mark(self, intake: Intake) -> dict[str, str]:
        consent = self._marks.get(intake.submission_id)
        return {} if consent is None else {"consent_id": consent.id}

    async def write(self) -> None:
        await store.save_consents(self._tx, self._changed.values())

    def _ask(self, intake: Intake, opt_in: OptInSettings, open_one: ConsentRecord | None) -> ConsentRecord:
        if open_one is not None and self._tx.now - open_one.asked_at < ASKED_AGAIN_AFTER:
            return open_one
        consent = self._asked(intake, opt_in, open_one)
        self._known[consent.source, consent.email] = self._changed[consent.id] = consent
        self._tx.emit(_request(consent, intake), cause=intake.submission)
        self._tx.schedule(consent.expires_at, OPT_IN_OVER, {}, key=consent.id)
        return consent

    def _asked(self, intake: Intake, opt_in: OptInSettings, open_one: ConsentRecord | None) -> ConsentRecord:
        now = self._tx.now
        words = {"sender": opt_in.sender, "text": opt_in.text, "language": self._language(intake, opt_in)}
        times = {"asked_at": now, "updated_at": now, "expires_at": now + timedelta(hours=opt_in.lifetime_hours)}
        if open_one is not None:
            return open_one.model_copy(update={**words, **times, "version": open_one.version + 1})
        email = intake.parts["person"]["email"]
        return ConsentRecord(id=new_id(), created_at=now, source=intake.submission.source, email=email, **words, **times)

    def _language(self, intake: Intake, opt_in: OptInSettings) -> Language:
        """That of the form that was filled in, else the source's own."""
        proof = self._rows.get(intake.submission_id, {}).get("proof", {})
        return next((language for language in LANGUAGES if language == proof.get("language")), opt_in.language)


def _is_asked(intake: Intake, opt_ins: Mapping[str, OptInSettings]) -> bool:
    """Who has no address can't be asked, and goes on as they came."""
    opt_in = opt_ins.get(intake.submission.source)
    if opt_in is None or intake.refusal is not None or "email" not in intake.parts["person"]:
        return False
    return opt_in.mode == "wait" or intake.parts["consent"].get("marketing") is True


def _request(consent: ConsentRecord, intake: Intake) -> ConsentRequested:
    person = intake.parts["person"]
    return ConsentRequested(
        consent_id=consent.id,
        version=consent.version,
        source=consent.source,
        email=person["email"],
        first_name=person.get("first_name"),
        last_name=person.get("last_name"),
        sender=consent.sender,
        text=consent.text,
        link=link_of(consent),
        language=consent.language,
        requested_at=consent.asked_at,
        expires_at=consent.expires_at,
    )


def link_of(consent: ConsentRecord) -> str:
    """Signed, so that nobody can confirm for somebody else. How long it lives is in the record: it can be made longer, never forged."""
    settings = lead_settings()
    return settings.link_to(f"/confirm/{stamped(CONSENT, consent.id, consent.asked_at, settings.keys)}")


def is_over(consent: ConsentRecord, now: datetime) -> bool:
    return consent.status == "expired" or (consent.status == "requested" and consent.expires_at <= now)
