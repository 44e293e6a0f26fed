"""The two ends of the scale: as fast as the drivers go with no logic at all, and as slow as one by one."""

import asyncio
import time

from aiokafka import AIOKafkaConsumer
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from pymongo.errors import DuplicateKeyError

from shared.cloudevents import Encoded
from shared.database import Database, new_id
from shared.events import LeadSubmitted
from shared.transaction import Transaction
from tests.live.kafka import producer_to
from tests.servers import Servers


async def fill(servers: Servers, records: list[Encoded]) -> None:
    async with producer_to(servers) as producer:
        for topic, key, value, headers in records:
            await producer.send(topic, value, key, headers=headers)
        await producer.flush()


async def raw_leads_per_second(servers: Servers, db: Database, count: int) -> float:
    """`getmany` and `insert_many` of the bare bytes: the limit on this machine."""
    consumer = AIOKafkaConsumer(LeadSubmitted.topic, bootstrap_servers=servers.kafka, group_id=new_id(), auto_offset_reset="earliest")
    async with consumer:
        seen, began = 0, 0.0
        while seen < count:
            for records in (await consumer.getmany(timeout_ms=200, max_records=1000)).values():
                began = began or time.perf_counter()
                await db.collection("raw").insert_many([{"key": record.key, "value": record.value} for record in records], ordered=False)
                seen += len(records)
            await consumer.commit()
        return seen / (time.perf_counter() - began)


async def naive_leads_per_second(servers: Servers, db: Database, count: int) -> float:
    """FastStream as its first page shows it, made safe the obvious way: one message, one transaction, one commit."""
    broker = KafkaBroker(servers.kafka, logger=None)
    times: list[float] = []
    finished = asyncio.Event()

    @broker.subscriber(LeadSubmitted.topic, group_id=new_id(), auto_offset_reset="earliest", ack_policy=AckPolicy.ACK)
    async def on_lead(lead: LeadSubmitted) -> None:
        async def keep(tx: Transaction) -> None:
            await tx.collection("heard").insert_one({"_id": f"{lead.source}/{lead.external_id}"})
            who = {"_id": lead.person.email}
            await tx.collection("leads").update_one(who, {"$set": lead.model_dump(mode="json"), "$inc": {"version": 1}}, upsert=True)
            await tx.collection("outbox").insert_one({"topic": "lead.captured", "lead": lead.person.email})

        try:
            await db.transact(keep)
        except DuplicateKeyError:
            return
        times.append(time.perf_counter())
        if len(times) == count:
            finished.set()

    async with broker:
        await broker.start()
        await finished.wait()
    return (count - 1) / (times[-1] - times[0])
