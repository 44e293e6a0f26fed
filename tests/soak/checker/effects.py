"""What was done about what was said: everything once, by everyone who heard it."""

from collections import Counter, defaultdict

from tests.soak.cast import service_of
from tests.soak.checker.check import Check
from tests.soak.checker.evidence import Evidence
from tests.soak.traffic import TOPIC
from tests.soak.witness import HEARD

MAILS_AT_ONCE = 4


def heard_by_all(evidence: Evidence) -> Check:
    """Each inbox holds each event of each topic that its service hears, once. Without inboxes there is nothing to look at."""
    if evidence.forgetful:
        return Check("each event is heard (no inbox to look at)", 1)
    faults: list[str] = []
    counted = 0
    for service in evidence.services:
        remembered = Counter(_bare(identity) for row in evidence.of(service, "inbox") for identity in row["ids"])
        wanted = {said.identity: said for topic in service_of(service).hears.topics() for said in evidence.records.get(topic, ())}
        counted += len(wanted)
        for identity, said in wanted.items():
            place = f"unreadable {said.topic}/{said.partition}/{said.offset}"
            if remembered[identity] + remembered[place] != 1:
                faults.append(f"{service} heard {identity} {remembered[identity] + remembered[place]} times")
    return Check.of("each event is heard once by all who hear it", counted, faults)


def _bare(identity: str) -> str:
    """Without the generation that some write in front."""
    generation, _, rest = identity.partition(" ")
    return rest if generation[:1] == "g" and generation[1:].isdigit() else identity


def witnessed(evidence: Evidence) -> Check:
    """What the witness has heard under each key is what stands on the topic, once and in the same order."""
    testimony = {row["_id"]: row["heard"] for row in evidence.of("witness", "testimony")}
    unreadable = {one.identity for one in evidence.ledger.of_kind("unreadable")}
    expected: defaultdict[str, list[str]] = defaultdict(list)
    for topic in (event_type.topic for event_type in HEARD):
        for event in evidence.first(topic):
            if topic != TOPIC or event.identity not in unreadable:
                expected[f"{topic} {event.key!r}"].append(event.identity)
    faults = [
        f"under {key} {len(testimony.get(key, []))} effects of {len(expected[key])} events, or out of order"
        for key in expected.keys() | testimony.keys()
        if testimony.get(key, []) != expected[key]
    ]
    return Check.of("each event has one effect, in order", sum(map(len, expected.values())), faults)


def rung_once(evidence: Evidence) -> Check:
    rung = Counter(row["identity"] for row in evidence.of("witness", "rung"))
    assigned = {event.identity for event in evidence.first("lead.assigned")}
    faults = [f"the timer of {one} fired {rung[one]} times" for one in assigned | rung.keys() if rung[one] != (one in assigned)]
    return Check.of("each timer fires once", len(assigned), faults)


def told_once(evidence: Evidence) -> Check:
    """Each owner of each assignment is told of it once by each channel."""
    told = Counter(
        (f"{row['origin']['source']} {row['origin']['id']}", row["recipient_id"], row["channel"])
        for row in evidence.of("notifications", "notifications")
        if row["kind"] == "lead.assigned"
    )
    wanted = {
        (event.identity, event.data["owner_id"], channel) for event in evidence.first("lead.assigned") for channel in ("in_app", "mail")
    }
    faults = [f"{one} was told {told[one]} times" for one in wanted | told.keys() if told[one] != (one in wanted)]
    return Check.of("everybody is told once by each channel", len(wanted), faults)


def sent_is_said_once(evidence: Evidence) -> Check:
    said = Counter(event.data["notification_id"] for event in evidence.first("notification.sent"))
    sent = {row["_id"] for row in evidence.of("notifications", "notifications") if row["status"] == "sent"}
    faults = [f"notification {one} was said to be sent {said[one]} times" for one in sent | said.keys() if said[one] != (one in sent)]
    return Check.of("each notification sent is said once", len(sent), faults)


def mailed(evidence: Evidence) -> Check:
    """Each mail arrived; a kill may have repeated as many as were on their way, and no more."""
    sent = {row["mail_id"] for row in evidence.of("notifications", "notifications") if row["channel"] == "mail" and row["status"] == "sent"}
    lost = [f"mail {one} never arrived" for one in sent if not evidence.mails.get(one)]
    repeats = sum(count - 1 for count in evidence.mails.values())
    bound = MAILS_AT_ONCE * (evidence.kills.get("notifications", 0) + evidence.kills.get("mongod", 0))
    many = [f"{repeats} mails came twice, and {bound} at most may"] if repeats > bound else []
    failed = [
        f"delivery {row['_id']} failed: {row.get('error')}"
        for row in evidence.of("notifications", "deliveries")
        if row["state"] == "failed"
    ]
    return Check.of("each mail arrives", len(sent), [*lost, *many, *failed])


def dealt_fairly(evidence: Evidence) -> Check:
    """In each pool nobody is more than one lead ahead, and the pool's own count is what was said; customers go to who knows them."""
    said = Counter(event.data["owner_id"] for event in evidence.first("lead.assigned") if event.data["rule"] != "existing-customer")
    faults = []
    for pool in evidence.of("leads", "pools"):
        dealt = dict(pool["dealt"])
        if max(dealt.values()) - min(dealt.values()) > 1:
            faults.append(f"pool {pool['_id']} dealt {dealt}")
        faults += [f"{rep} was dealt {count} by the pool and {said[rep]} were said" for rep, count in dealt.items() if count != said[rep]]
    return Check.of("leads are dealt out fairly", said.total(), faults)


def shown_by_the_console(evidence: Evidence) -> Check:
    if "console" not in evidence.services:
        return Check("the console shows each lead (no console here)", 1)
    shown = {row["_id"]: (row.get("status"), row.get("owner_id")) for row in evidence.of("console", "leads")}
    kept = {row["_id"]: (row["status"], row.get("owner_id")) for row in evidence.of("leads", "leads")}
    faults = [
        f"lead {one} is {kept.get(one)} and shown as {shown.get(one)}"
        for one in shown.keys() | kept.keys()
        if shown.get(one) != kept.get(one)
    ]
    counted = sum(row.get("captured", 0) for row in evidence.of("console", "days"))
    wrong = [] if counted == len(kept) else [f"the console counted {counted} captured leads of {len(kept)}"]
    return Check.of("the console shows and counts each lead", len(kept), [*faults, *wrong])


CHECKS = (heard_by_all, witnessed, rung_once, told_once, sent_is_said_once, mailed, dealt_fairly, shown_by_the_console)
