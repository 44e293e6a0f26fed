"""The Kafka jars are those of the lock, or none at all."""

import errno
import re
from pathlib import Path

import pytest

from deploy.local.jars import fetch_jars, locked_jars, missing_jars
from deploy.local.problems import StackProblem


def test_every_locked_jar_has_a_version_and_a_hash() -> None:
    jars = locked_jars()
    assert len({jar.filename for jar in jars}) == len(jars)
    assert all(re.fullmatch(r"[0-9a-f]{64}", jar.sha256) for jar in jars)
    assert "kafka_2.13-4.1.0.jar" in {jar.filename for jar in jars}


def test_a_file_with_another_hash_is_refused_and_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def download_something_else(self: object, artifact: object, filename: str) -> None:
        Path(filename).write_bytes(b"not a jar")

    monkeypatch.setattr("maven_artifact.Downloader.download", download_something_else)
    with pytest.raises(StackProblem, match="is not the file that jars.lock names"):
        fetch_jars(tmp_path)
    assert len(missing_jars(tmp_path)) == len(locked_jars())


@pytest.mark.parametrize(
    ("error", "cure"),
    [(OSError("no route"), "no route. Check the network"), (OSError(errno.ENOSPC, "No space left"), "No space left. Make room in")],
)
def test_what_hinders_the_download_is_said_with_its_cure(
    error: OSError, cure: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: object, artifact: object, filename: str) -> None:
        raise error

    monkeypatch.setattr("maven_artifact.Downloader.download", fail)
    with pytest.raises(StackProblem, match=cure):
        fetch_jars(tmp_path)
