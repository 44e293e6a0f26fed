"""Everything that a soak left behind: each record on each topic, each row that a check needs, and what was submitted."""

import json
import zlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord
from aiokafka.admin import AIOKafkaAdminClient
from pymongo import AsyncMongoClient

from tests.servers import Servers
from tests.soak.places import all_places
from tests.soak.traffic import Ledger

Row = dict[str, Any]
Client = AsyncMongoClient[Row]
PLAIN = (str, int, float, bool)


@dataclass(slots=True)
class Said:
    """One record of a topic: what it is, where it stands, and the plain fields of its data."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    identity: str
    digest: int
    data: Row
    headers: dict[str, bytes]


@dataclass
class Evidence:
    """`records` as they stand on each topic; `first` of each event only, in the same order; `rows` by service and collection."""

    ledger: Ledger
    services: Sequence[str]
    mails: dict[str, int]
    kills: dict[str, int]
    codes: dict[str, int]
    forgetful: bool
    records: dict[str, list[Said]] = field(default_factory=dict)
    rows: dict[tuple[str, str], list[Row]] = field(default_factory=dict)

    def of(self, service: str, collection: str) -> list[Row]:
        return self.rows.get((service, collection), [])

    def first(self, *topics: str) -> list[Said]:
        """Each event once, where it stood first."""
        once: dict[str, Said] = {}
        for topic in topics:
            for record in self.records.get(topic, ()):
                once.setdefault(f"{topic} {record.identity}", record)
        return list(once.values())

    def by(self, field_name: str, *topics: str) -> dict[str, list[Said]]:
        """Each event once, by a field of its data."""
        grouped: defaultdict[str, list[Said]] = defaultdict(list)
        for event in self.first(*topics):
            grouped[event.data.get(field_name, "")].append(event)
        return grouped


# By service: each collection with the fields that are looked at.
NEEDED: dict[str, dict[str, str]] = {
    "leads": {
        "leads": "version status owner_id submission_id person.email",
        "submissions": "status lead_id rule",
        "pools": "dealt",
        "history": "of record_id version what",
    },
    "opportunities": {"opportunities": "version lead_id owner_id", "history": "of record_id version what"},
    "accounts": {"cases": "external_id version"},
    "notifications": {"notifications": "recipient_id channel kind origin status mail_id", "deliveries": "state due error mail_id"},
    "console": {"leads": "status owner_id version", "days": ""},
    "witness": {"testimony": "heard", "rung": "identity"},
}
EVERYWHERE = {
    "parked": "topic partition offset reason event_id error",
    "waiting": "topic key until",
    "outbox": "count",
    "timers": "name due",
    "inbox": "ids",
}


async def gathered(servers: Servers, mongo: Client, evidence: Evidence) -> Evidence:
    for service in evidence.services:
        for collection, fields in (NEEDED[service] | EVERYWHERE).items():
            found = mongo[service][collection].find({}, dict.fromkeys(fields.split(), 1) or None).batch_size(10_000)
            evidence.rows[service, collection] = await found.to_list(None)
    evidence.records = await _records(servers)
    return evidence


async def _records(servers: Servers) -> dict[str, list[Said]]:
    records: defaultdict[str, list[Said]] = defaultdict(list)
    admin = AIOKafkaAdminClient(bootstrap_servers=servers.kafka)
    await admin.start()
    places = await all_places(admin)
    await admin.close()
    async with AIOKafkaConsumer(bootstrap_servers=servers.kafka, auto_offset_reset="earliest") as reader:
        reader.assign(places)
        await reader.seek_to_beginning()
        ends = await reader.end_offsets(places)
        while unread := [place for place in places if await reader.position(place) < ends[place]]:
            for place, batch in (await reader.getmany(*unread, timeout_ms=1000)).items():
                records[place.topic] += [_said(record) for record in batch]
    return records


def _said(record: "ConsumerRecord[bytes, bytes]") -> Said:
    headers = {name: value for name, value in record.headers if value is not None}
    place = f"{record.topic}/{record.partition}/{record.offset}"
    whole = _parsed(record.value)
    if headers.get("content-type", b"").startswith(b"application/cloudevents"):
        identity, data = f"{whole.get('source')} {whole.get('id')}", whole.get("data", {})
    elif "ce_id" in headers:
        identity, data = f"{headers['ce_source'].decode()} {headers['ce_id'].decode()}", whole
    else:
        identity, data = f"kafka:{record.topic} {place}", whole
    kept = {name: value for name, value in data.items() if isinstance(value, PLAIN)}
    shown = {name: value for name, value in headers.items() if name.startswith("dead_")}
    return Said(record.topic, record.partition, record.offset, record.key, identity, zlib.crc32(record.value or b""), kept, shown)


def _parsed(value: bytes | None) -> Row:
    try:
        parsed = json.loads(value or b"null")
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
