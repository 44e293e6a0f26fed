"""Writes what is generated from the events: the schema and the sample of each topic, docs/events.md, and docs/personal-data.md.

`python -m tests.contracts.generate` writes; it refuses a change that breaks somebody, unless told --even-if-it-breaks.
`python -m tests.contracts.generate --check` writes nothing, and fails if a file is not what the models say.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.events import catalogue
from shared.schemas import contract_of
from tests.contracts.breaks import breaks
from tests.contracts.personal_data import personal_data_page
from tests.contracts.story import SAMPLES
from tests.contracts.table import events_page

FOLDER = Path(__file__).parent
DOCS = FOLDER.parents[1] / "docs"
EVENTS_PAGE, PERSONAL_DATA_PAGE = DOCS / "events.md", DOCS / "personal-data.md"
Schema = dict[str, Any]


def wanted() -> dict[Path, str]:
    """Every generated file as it should be."""
    schemas = {_schema_file(event_type.topic): _pretty(contract_of(event_type)) for event_type in catalogue().values()}
    samples = {FOLDER / f"{topic}.json": _pretty(sample_of(topic)) for topic in catalogue()}
    return schemas | samples | {EVENTS_PAGE: events_page(), PERSONAL_DATA_PAGE: personal_data_page()}


def sample_of(topic: str) -> Any:
    return json.loads(SAMPLES[topic].model_dump_json(exclude_none=True))


def stale(files: Mapping[Path, str]) -> list[Path]:
    """The files that are missing or differ, and those of topics that are gone."""
    left = [path for path in FOLDER.glob("*.*.json") if path not in files]
    return left + [path for path, text in files.items() if not path.exists() or path.read_text() != text]


def broken() -> list[str]:
    """A sentence for each promise of the checked-in schemas that the models don't keep."""
    return [sentence for path in sorted(FOLDER.glob("*.schema.json")) for sentence in _broken_by(json.loads(path.read_text()))]


def _broken_by(promised: Schema) -> list[str]:
    event_type = catalogue().get(promised["x-topic"])
    return [f"{promised['x-topic']}: the topic is gone"] if event_type is None else breaks(promised, contract_of(event_type))


def _schema_file(topic: str) -> Path:
    return FOLDER / f"{topic}.schema.json"


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def check() -> int:
    differing, sentences = stale(wanted()), broken()
    for path in differing:
        print(f"{path.name} is not what the models say: run python -m tests.contracts.generate")
    for sentence in sentences:
        print(f"breaks a promise: {sentence}")
    return 1 if differing or sentences else 0


def write(*, even_if_it_breaks: bool) -> int:
    sentences = broken()
    for sentence in sentences:
        print(f"breaks a promise: {sentence}")
    if sentences and not even_if_it_breaks:
        print("Nothing was written. Publish a new event beside the old one; or, where nobody relies on it yet, add --even-if-it-breaks.")
        return 1
    files = wanted()
    for path in stale(files):
        print(f"{'writes' if path in files else 'removes'} {path.name}")
        path.write_text(files[path]) if path in files else path.unlink()
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; fail on any difference or break")
    parser.add_argument("--even-if-it-breaks", action="store_true", help="write a change that breaks a promise")
    asked = parser.parse_args()
    return check() if asked.check else write(even_if_it_breaks=asked.even_if_it_breaks)


if __name__ == "__main__":
    sys.exit(main())
