"""The Kafka jars: named and hashed in jars.lock, fetched once, kept outside the checkout."""

import errno
import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from deploy.local.problems import StackProblem

LOCK = Path(__file__).with_name("jars.lock")
AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Jar:
    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def filename(self) -> str:
        return f"{self.artifact}-{self.version}.jar"


def locked_jars(lock: Path = LOCK) -> list[Jar]:
    return list(_read_lock(lock))


def jar_cache() -> Path:
    """One folder per lock, so that `jars/*` holds exactly what the lock names."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return home / "dealwire" / "jars" / hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]


def missing_jars(cache: Path) -> list[Jar]:
    return [jar for jar in locked_jars() if not (cache / jar.filename).exists()]


def fetch_jars(cache: Path, on_fetched: Callable[[Jar], None] = lambda jar: None) -> Path:
    """Fetch what the cache lacks, eight at a time; a file gets its name only after its hash was seen to be right."""
    missing = missing_jars(cache)
    if missing:
        cache.mkdir(parents=True, exist_ok=True)
        with redirect_stdout(StringIO()), ThreadPoolExecutor(AT_ONCE) as pool:
            for fetched in as_completed([pool.submit(_fetch, jar, cache) for jar in missing]):
                on_fetched(fetched.result())
    return cache


def _read_lock(lock: Path) -> Iterator[Jar]:
    for line in lock.read_text().splitlines():
        coordinate, sha256 = line.split()
        group, artifact, version = coordinate.split(":")
        yield Jar(group, artifact, version, sha256)


def _fetch(jar: Jar, cache: Path) -> Jar:
    from maven_artifact import Artifact, Downloader
    from maven_artifact.requestor import RequestException

    partial = cache / f"{jar.filename}.{os.getpid()}.partial"
    try:
        Downloader().download(Artifact(jar.group, jar.artifact, jar.version), filename=str(partial))
    except (RequestException, OSError) as error:
        raise StackProblem(f"{jar.filename} could not be fetched: {error}.", _cure_of(error, cache)) from error
    _verify(jar, partial)
    partial.replace(cache / jar.filename)
    return jar


def _cure_of(error: Exception, cache: Path) -> str:
    full = getattr(error, "errno", None) == errno.ENOSPC
    return f"Make room in {cache}, then run it again." if full else "Check the network, then run it again."


def _verify(jar: Jar, path: Path) -> None:
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != jar.sha256:
        path.unlink()
        raise StackProblem(f"{jar.filename} is not the file that jars.lock names (sha256 {found}).", "Don't trust this network's mirror.")
