"""The AsyncAPI document of each service is a valid AsyncAPI 3 document, and says all that the service hears and says."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from faststream.specification.asyncapi.v3_0_0.schema import ApplicationSchema
from jsonschema import Draft202012Validator

from shared.asyncapi import asyncapi_document
from shared.events import LeadAssigned, LeadCaptured, LeadMerged, LeadRouted, LeadSubmitted
from shared.subscriptions import Subscriptions
from shared.transaction import Transaction
from tests.contracts.story import SAMPLES
from tests.contracts.table import SERVICES, service_named

Object = dict[str, Any]
COMPONENT_NAME = re.compile(r"^[\w.\-]+$")


def document() -> Object:
    subscriptions = Subscriptions()

    @subscriptions.on(LeadSubmitted, role="ingest")
    async def on_lead_submitted(tx: Transaction, events: list[LeadSubmitted]) -> None: ...

    @subscriptions.on(LeadMerged, LeadRouted)
    async def on_leads_moved(tx: Transaction, events: list[Any]) -> None: ...

    return asyncapi_document("leads", subscriptions, (LeadCaptured, LeadAssigned, LeadRouted), "1.2.3")


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for inner in node.values():
            yield from references(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from references(inner)


def at(whole: Object, reference: str) -> Any:
    node: Any = whole
    for name in reference.removeprefix("#/").split("/"):
        node = node[name.replace("~1", "/").replace("~0", "~")]
    return node


def assert_valid(whole: Object) -> None:
    """The structure that AsyncAPI 3.0 asks for, as far as we use it."""
    # FastStream's model asks for a server's pathname, which the specification does not.
    ApplicationSchema.model_validate(whole | {"servers": None})
    assert whole["asyncapi"] == "3.0.0"
    assert whole["info"].keys() >= {"title", "version"}
    assert whole.keys() <= {"asyncapi", "id", "info", "servers", "defaultContentType", "channels", "operations", "components"}
    for reference in references(whole):
        assert at(whole, reference) is not None
    for channel in whole["channels"].values():
        assert channel.keys() <= {"address", "title", "summary", "description", "servers", "parameters", "messages", "tags", "bindings"}
    for operation in whole["operations"].values():
        assert operation["action"] in ("send", "receive")
        assert operation["channel"]["$ref"].startswith("#/channels/")
        for message in operation["messages"]:
            assert message["$ref"].startswith(operation["channel"]["$ref"] + "/messages/")
    for kind in ("messages", "schemas"):
        for name, component in whole["components"][kind].items():
            assert COMPONENT_NAME.match(name)
            if kind == "schemas":
                Draft202012Validator.check_schema(component)
    for server in whole["servers"].values():
        assert server.keys() >= {"host", "protocol"}
        assert set(re.findall(r"\{(\w+)\}", server["host"])) == set(server.get("variables", {}))


def test_the_document_is_valid_and_plain_json() -> None:
    assert_valid(json.loads(json.dumps(document())))


def test_what_is_heard_and_said_are_operations_on_channels() -> None:
    whole = document()
    assert set(whole["channels"]) == {"lead.submitted", "lead.captured", "lead.merged", "lead.assigned", "lead.routed", "leads.dead"}
    actions = {name: operation["action"] for name, operation in whole["operations"].items()}
    assert actions == {
        "on_lead_submitted": "receive",
        "on_lead_merged": "receive",
        "on_lead_routed": "receive",
        "say_lead_captured": "send",
        "say_lead_assigned": "send",
        "say_lead_routed": "send",
        "say_dead_letter": "send",
    }


def test_each_role_reads_in_its_own_group() -> None:
    operations = document()["operations"]
    groups = {name: operation["bindings"]["kafka"]["groupId"]["enum"] for name, operation in operations.items() if "bindings" in operation}
    assert groups == {"on_lead_submitted": ["leads.ingest"], "on_lead_merged": ["leads"], "on_lead_routed": ["leads"]}


def test_a_channel_says_how_its_topic_is_cut_and_kept() -> None:
    binding = document()["channels"]["lead.submitted"]["bindings"]["kafka"]
    assert (binding["topic"], binding["partitions"]) == ("lead.submitted", 8)
    assert binding["topicConfiguration"] == {"cleanup.policy": ["delete"], "retention.ms": 14 * 24 * 3600 * 1000}


def test_a_message_has_its_key_its_headers_and_a_payload_that_its_sample_fits() -> None:
    whole = document()
    message = whole["components"]["messages"]["LeadCaptured"]
    assert message["bindings"]["kafka"]["key"]["description"] == "lead_id"
    assert message["headers"]["allOf"][1]["properties"]["ce_type"] == {"const": "lead.captured"}
    schema = message["payload"] | {"components": whole["components"]}
    sample = json.loads(SAMPLES["lead.captured"].model_dump_json(exclude_none=True))
    Draft202012Validator(schema).validate(sample)
    assert not Draft202012Validator(schema).is_valid(sample | {"version": "two"})


def test_what_may_be_sent_to_us_and_what_we_send_are_described_apart() -> None:
    whole = document()
    taken, given = (whole["components"]["schemas"][name]["properties"]["person"]["$ref"] for name in ("LeadSubmitted", "LeadCaptured"))
    assert {"type": "null"} in at(whole, taken)["properties"]["email"]["anyOf"]
    assert at(whole, given)["properties"]["email"]["type"] == "string"


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_a_valid_document(name: str) -> None:
    service = service_named(name)
    whole = asyncapi_document(name, service.hears, service.says, "1.2.3")
    assert_valid(json.loads(json.dumps(whole)))
    assert {*service.hears.topics(), *(event_type.topic for event_type in service.says), f"{name}.dead"} == set(whole["channels"])
