"""The samples are what the schemas and the models say, and the checked-in files are what the command writes."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from shared.cloudevents import decode
from shared.events import LeadSubmitted, catalogue
from tests.contracts import generate
from tests.contracts.generate import FOLDER

TOPICS = sorted(catalogue())
INBOUND = [topic for topic in TOPICS if catalogue()[topic].inbound]


def read(name: str) -> Any:
    return json.loads((FOLDER / name).read_text())


@pytest.mark.parametrize("topic", TOPICS)
def test_a_sample_is_what_its_schema_says(topic: str) -> None:
    schema = read(f"{topic}.schema.json")
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(read(f"{topic}.json"))


@pytest.mark.parametrize("topic", TOPICS)
def test_a_sample_loses_nothing_on_its_way_through_the_model(topic: str) -> None:
    event = catalogue()[topic].model_validate_json((FOLDER / f"{topic}.json").read_text())
    assert json.loads(event.model_dump_json(exclude_none=True)) == read(f"{topic}.json")


@pytest.mark.parametrize("topic", INBOUND)
def test_an_inbound_sample_can_be_published_as_it_stands(topic: str) -> None:
    value = (FOLDER / f"{topic}.json").read_bytes()
    assert decode(topic=topic, partition=0, offset=0, key=None, value=value, headers=[], timestamp_ms=0) is not None


@pytest.mark.parametrize("person", [{}, {"email": ""}, {"last_name": "Petersen"}])
def test_the_schema_too_knows_that_somebody_must_be_there(person: dict[str, str]) -> None:
    schema = Draft202012Validator(read("lead.submitted.schema.json"))
    assert not schema.is_valid({"source": "web", "person": person})
    assert schema.is_valid({"source": "web", "person": person | {"email": "maren@nordlicht.example"}})
    assert schema.is_valid({"source": "web", "person": person | {"last_name": "Petersen"}, "company": {"name": "Nordlicht"}})


def test_the_files_are_what_the_command_writes() -> None:
    assert generate.stale(generate.wanted()) == []


def test_the_check_tells_a_stale_file_a_missing_one_and_one_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generate, "FOLDER", tmp_path)
    sample, schema, forgotten = tmp_path / "lead.submitted.json", tmp_path / "lead.submitted.schema.json", tmp_path / "lead.lost.json"
    sample.write_text("{}")
    forgotten.write_text("{}")
    assert set(generate.stale({sample: "new", schema: "new"})) == {sample, schema, forgotten}


def test_a_break_is_not_written_unless_it_is_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    promised = generate.contract_of(LeadSubmitted)
    promised["properties"]["shoe_size"] = {"type": "integer"}
    path = tmp_path / "lead.submitted.schema.json"
    path.write_text(json.dumps(promised))
    monkeypatch.setattr(generate, "FOLDER", tmp_path)
    monkeypatch.setattr(generate, "EVENTS_PAGE", tmp_path / "events.md")

    assert generate.check() == 1
    assert generate.write(even_if_it_breaks=False) == 1
    assert "lead.submitted: shoe_size is gone" in capsys.readouterr().out
    assert "shoe_size" in path.read_text()

    assert generate.write(even_if_it_breaks=True) == 0
    assert "shoe_size" not in path.read_text()
    assert generate.check() == 0
