"""Every metric that a Dealwire process exports, in one place."""

from prometheus_client import Counter, Gauge, Histogram

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
_AGES = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 21600, 86400)

CONSUMER_LAG = Gauge("dealwire_consumer_lag", "Records on a topic that this group has not settled yet", ["topic", "group"])
EVENT_AGE_SECONDS = Histogram(
    "dealwire_event_age_seconds", "How old an event was when its effects were committed", ["topic"], buckets=_AGES
)
BATCH_SIZE = Histogram("dealwire_batch_size", "Events in one transaction", ["topic"], buckets=(1, 5, 25, 50, 100, 200, 300, 400, 500, 1000))
BATCH_SECONDS = Histogram("dealwire_batch_seconds", "How long one transaction took, retries included", ["topic"], buckets=_SECONDS)
EVENTS_HANDLED = Counter("dealwire_events_handled", "Events whose effects are committed", ["topic"])
EVENTS_SKIPPED = Counter("dealwire_events_skipped", "Events of a type that nobody here knows", ["topic"])
EVENTS_DUPLICATE = Counter("dealwire_events_duplicate", "Events that had been handled before", ["topic"])
PARKED = Counter("dealwire_parked", "Messages set aside for an operator; kind is refused or bug", ["topic", "kind"])
HELD_EVENTS = Gauge("dealwire_held_events", "Events that wait for what they are about to become known")

OUTBOX_BACKLOG = Gauge("dealwire_outbox_backlog", "Events committed but not yet published")
OUTBOX_OLDEST_SECONDS = Gauge("dealwire_outbox_oldest_seconds", "Age of the oldest event that is not yet published")
EVENTS_PUBLISHED = Counter("dealwire_events_published", "Events that Kafka has acknowledged")
RELAY_REBUILDS = Counter("dealwire_relay_rebuilds", "Producers replaced after a fatal error")

TIMERS_FIRED = Counter("dealwire_timers_fired", "Timers that came due and fired", ["name"])
TIMERS_LATE_SECONDS = Histogram("dealwire_timers_late_seconds", "How long after its time a timer fired", buckets=_SECONDS)

RULES_FAILED = Counter("dealwire_rules_failed", "Rules of a set that could not be told of a record", ["set", "version", "rule"])

HTTP_SECONDS = Histogram(
    "dealwire_http_request_seconds",
    "From the first byte of a request to the end of its answer",
    ["method", "route", "status"],
    buckets=_SECONDS,
)

PROVIDER_CALLS = Counter(
    "dealwire_provider_calls", "Calls to providers of knowledge about leads, by what came of them", ["provider", "outcome"]
)
PROVIDER_SECONDS = Histogram("dealwire_provider_seconds", "How long a provider took to answer", ["provider"], buckets=_SECONDS)
