"""What starting a stack consists of: named steps that tell how far they are."""

from collections.abc import Callable
from dataclasses import dataclass

Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do; `work` may tell how much is done, of how much, as it goes."""

    title: str
    work: Callable[[Tell], None]
