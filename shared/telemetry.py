"""Logs that a machine can read and that hold no secret; traces when there is somewhere to send them."""

import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, cast

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor

from shared.calming import Calming
from shared.masking import masked
from shared.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

_passing_traceparent: ContextVar[str | None] = ContextVar("traceparent", default=None)
_NO_SPAN: AbstractContextManager[None] = nullcontext()
_tracer: "Tracer | None" = None
# Chatty at the level of info, and nothing in it that our own logs and metrics don't say.
_QUIET = ("aiokafka", "faststream", "httpx", "httpcore", "pymongo", "motor", "opentelemetry", "asyncio")


def get_logger(name: str) -> FilteringBoundLogger:
    return cast(FilteringBoundLogger, structlog.get_logger(module=name))


def configure_logging(service: str, roles: Sequence[str], settings: Settings) -> None:
    """One line per event on standard output: JSON, or for a reader when it is a terminal. Other libraries' logs go the same way."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    first = _first_processors({"service": service, "role": ",".join(roles)})
    last = _last_processors()
    structlog.configure(
        processors=[*first, *last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    _adopt_foreign_logs(level, first, last)


def _first_processors(identity: dict[str, str]) -> list[Processor]:
    def identified(_: Any, __: str, event: EventDict) -> EventDict:
        event.update(identity)
        return event

    return [
        structlog.contextvars.merge_contextvars,
        identified,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
    ]


def _last_processors() -> list[Processor]:
    pretty = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    renderer: Processor = pretty if sys.stdout.isatty() else structlog.processors.JSONRenderer(default=str, ensure_ascii=False)
    return [structlog.processors.format_exc_info, masked, renderer]


def _adopt_foreign_logs(level: int, first: list[Processor], last: list[Processor]) -> None:
    drop_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    speaker = logging.StreamHandler(sys.stdout)
    speaker.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=[_with_its_module, *first], processors=[drop_meta, *last]))
    speaker.addFilter(_not_told_twice)
    speaker.addFilter(Calming("aiokafka"))
    logging.basicConfig(level=level, handlers=[speaker], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def _with_its_module(_: Any, __: str, event: EventDict) -> EventDict:
    return {"module": event["_record"].name, **event}


def _not_told_twice(record: logging.LogRecord) -> bool:
    """A bug behind an HTTP door is logged by us, with its request; uvicorn would print it again without."""
    return not (record.name == "uvicorn.error" and record.msg == "Exception in ASGI application\n")


def configure_tracing(service: str, settings: Settings) -> None:
    """Does nothing, and imports nothing, unless there is an endpoint."""
    global _tracer
    if settings.otlp_endpoint is None:
        return
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": service, "service.namespace": "dealwire"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{settings.otlp_endpoint.rstrip('/')}/v1/traces")))
    trace.set_tracer_provider(provider)
    _tracer = trace.get_tracer("dealwire")


def span(name: str, *, parent: str | None = None) -> AbstractContextManager[None]:
    """A span around a piece of work, below `parent` (a traceparent) or the current one. Costs nothing when tracing is off."""
    return _NO_SPAN if _tracer is None else _traced(_tracer, name, parent)


@contextmanager
def _traced(tracer: "Tracer", name: str, parent: str | None) -> Iterator[None]:
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    context = TraceContextTextMapPropagator().extract({"traceparent": parent}) if parent else None
    with tracer.start_as_current_span(name, context=context):
        yield


def pass_on(traceparent: str | None) -> None:
    """Remembers the trace that this task's work belongs to, so that it goes on in what the work causes."""
    _passing_traceparent.set(traceparent)


def current_traceparent() -> str | None:
    """Where a trace stands here: at the current span, or when tracing is off as it came in."""
    if _tracer is None:
        return _passing_traceparent.get()
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent", _passing_traceparent.get())
