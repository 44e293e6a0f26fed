"""Many people at once, and the patience to wait for what they started."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TypeVar

from deploy.local.problems import StackProblem
from deploy.local.steps import Tell

T = TypeVar("T")
R = TypeVar("R")
AT_ONCE = 8
PATIENCE_SECONDS = 60.0
LOOK_AGAIN_SECONDS = 0.25


def together(people: Sequence[T], act: Callable[[T], R], tell: Tell) -> list[R]:
    """What came of each, in the order of the people. The first failure ends it: those who have not begun stay away."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        acting = [pool.submit(act, person) for person in people]
        try:
            for done, one in enumerate(as_completed(acting), start=1):
                one.result()
                tell(done, len(people))
        finally:
            pool.shutdown(cancel_futures=True)
        return [one.result() for one in acting]


def until_all(look: Callable[[], tuple[int, int]], tell: Tell, *, what: str, cure: str) -> None:
    """Looks until as many are there as there should be; raises StackProblem when it takes too long."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        there, wanted = look()
        tell(there, wanted)
        if there >= wanted:
            return
        if time.monotonic() > deadline:
            raise StackProblem(f"After {PATIENCE_SECONDS:.0f} s {there} of {wanted} {what}.", cure)
        time.sleep(LOOK_AGAIN_SECONDS)
