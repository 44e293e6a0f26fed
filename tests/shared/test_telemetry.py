"""What a process says of itself: logs that a machine reads and that hold no secret, traces where there is somewhere to send them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = f"00-{TRACE_ID}-b7ad6b7169203331-01"
ENOUGH = {"DEALWIRE_KAFKA": "k:1", "DEALWIRE_MONGO": "mongodb://h", "DEALWIRE_JWKS": "/k"}
BEGIN = """
import logging
from shared.settings import Settings
from shared.telemetry import configure_logging, configure_tracing, current_traceparent, get_logger, pass_on, span
settings = Settings.of("leads")
configure_logging("leads", ["api", "relay"], settings)
configure_tracing("leads", settings)
log = get_logger("shared.example")
"""


def spoken(program: str, **environment: str) -> list[dict[str, Any]]:
    """The lines that a process of its own logs, running this."""
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", BEGIN + program],
        env={**os.environ, **ENOUGH, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_a_line_says_who_speaks_and_about_which_request() -> None:
    (line,) = spoken(
        "from structlog.contextvars import bound_contextvars\nwith bound_contextvars(request_id='r1'):\n log.info('sold', amount=5)"
    )

    assert line.pop("timestamp").endswith("Z")
    identity = {"module": "shared.example", "service": "leads", "role": "api,relay"}
    assert line == {"event": "sold", "amount": 5, "level": "info", "request_id": "r1"} | identity


def test_other_libraries_speak_the_same_way_and_only_when_it_matters() -> None:
    lines = spoken("logging.getLogger('uvicorn.error').warning('port %s', 80); logging.getLogger('aiokafka.consumer').info('chatter')")

    assert [(line["event"], line["module"], line["service"], line["level"]) for line in lines] == [
        ("port 80", "uvicorn.error", "leads", "warning")
    ]


def test_what_a_library_repeats_while_a_server_is_away_is_told_now_and_then() -> None:
    program = """
import shared.calming
kafka = logging.getLogger("aiokafka.conn")
for attempt in range(300):
    kafka.error("no way to %s", attempt)
    log.error("ours")
kafka.error("something else")
shared.calming.SECONDS_APART = 0
kafka.error("no way to %s", 300)
"""
    lines = [line["event"] for line in spoken(program)]

    assert lines.count("ours") == 300
    assert [line for line in lines if line != "ours"] == [
        "no way to 0",
        "something else",
        "no way to 300 (299 more since it was last told)",
    ]


def test_the_level_is_what_the_settings_say() -> None:
    program = "log.debug('a'); log.info('b'); log.error('c')"

    assert [line["event"] for line in spoken(program, DEALWIRE_LOG_LEVEL="debug")] == ["a", "b", "c"]
    assert [line["event"] for line in spoken(program, DEALWIRE_LOG_LEVEL="error")] == ["c"]


def test_secrets_and_addresses_of_people_are_not_logged() -> None:
    said = [
        "password='hunter2'",
        "headers={'Authorization': 'Basic hunter2', 'X-API-Key': 'hunter2'}",
        "kafka={'nested': [{'sasl_plain_password': 'hunter2'}]}",
        "address='mongodb://leads:hunter2@localhost:27017/leads'",
        "error=ValueError('mongodb://leads:hunter2@h refused us')",
        "text='Authorization: Bearer hunter2hunter2'",
        "text='got eyJhbGciOiJub25l.hunter2.hunter2x'",
        "text='key dw_hunter2' + 'x' * 36",
        "error='dup key: {email: \\'hunter2@example.com\\'}'",
        "email='hunter2@'",
        "phone='hunter2'",
        "set_cookie='session=hunter2'",
    ]
    lines = spoken("\n".join(f"log.info('said', {one})" for one in said))

    assert [one for one, line in zip(said, lines, strict=True) if "hunter2" in json.dumps(line)] == []
    assert {line["event"] for line in lines} == {"said"}


def test_phone_numbers_are_not_logged_but_times_and_ids_are() -> None:
    told = "at=datetime.now(timezone.utc).replace(microsecond=0), id='018f-22', text='call +47 22 33 44 55 or +1-202-555-0101'"
    (line,) = spoken(f"from datetime import datetime, timezone\nlog.info('said', {told})")

    assert line["text"] == "call <phone> or <phone>"
    assert line["at"].endswith("+00:00")
    assert line["id"] == "018f-22"


def test_a_failure_is_told_with_its_traceback_but_not_its_secrets() -> None:
    ours, theirs = spoken(
        "try:\n raise ValueError('mongodb://a:hunter2@h')\nexcept ValueError as error:\n"
        " log.error('failed', exc_info=error)\n logging.getLogger('other').exception('failed too')"
    )

    for line in (ours, theirs):
        assert "Traceback" in line["exception"]
        assert "mongodb://***@h" in line["exception"]


def test_without_an_endpoint_a_trace_passes_through_and_nothing_is_loaded_for_it() -> None:
    (line,) = spoken(
        f"import sys\npass_on('{TRACEPARENT}')\nwith span('work'):\n"
        " log.info('here', at=current_traceparent(), loaded='opentelemetry.sdk.trace' in sys.modules)"
    )

    assert (line["at"], line["loaded"]) == (TRACEPARENT, False)


class Collector(ThreadingHTTPServer):
    """Takes in traces over OTLP, as they come."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taking)
        self.received: list[tuple[str, bytes]] = []


class _Taking(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Collector)
        self.server.received.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        return None


@contextmanager
def collecting() -> Iterator[Collector]:
    with Collector() as collector:
        thread = Thread(target=collector.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield collector
        finally:
            collector.shutdown()
            thread.join()


def test_with_an_endpoint_spans_are_sent_below_the_trace_that_came_in() -> None:
    with collecting() as collector:
        (line,) = spoken(
            f"with span('capture leads', parent='{TRACEPARENT}'):\n with span('score'):\n  log.info('here', at=current_traceparent())",
            DEALWIRE_OTLP_ENDPOINT=f"http://127.0.0.1:{collector.server_port}/",
        )

    assert line["at"].startswith(f"00-{TRACE_ID}-")
    assert line["at"] != TRACEPARENT
    assert {path for path, _ in collector.received} == {"/v1/traces"}
    sent = b"".join(body for _, body in collector.received)
    assert all(word in sent for word in (b"capture leads", b"score", b"service.name", b"leads", bytes.fromhex(TRACE_ID)))
