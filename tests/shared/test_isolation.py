"""A failing batch: what is at fault stands alone in the end, and everything else has its effect once."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Contended, Refused, Unreachable
from shared.isolation import WINDOW_FLOOR, Isolation, ParkingLimit, Stopped


class Ledger:
    """Settles numbers, except those that are told to fail."""

    def __init__(self, failing: dict[int, list[Exception]]) -> None:
        self.settled: list[int] = []
        self.parked: list[tuple[int, BaseException, int]] = []
        self.pauses = 0
        self._failing = failing
        self.isolation: Isolation[int] = Isolation(self._attempt, self._park, self._pause)

    async def _attempt(self, numbers: Sequence[int]) -> None:
        for number in numbers:
            if self._failing.get(number):
                raise self._failing[number].pop(0)
        self.settled += numbers

    async def _park(self, number: int, error: BaseException, attempts: int) -> None:
        self.parked.append((number, error, attempts))

    async def _pause(self, _: float) -> None:
        self.pauses += 1


def always(error: Exception) -> list[Exception]:
    return [error] * 1000


@given(bad=st.sets(st.integers(0, 30)), count=st.integers(1, 31))
async def test_each_item_is_settled_or_parked_exactly_once_and_in_order(bad: set[int], count: int) -> None:
    ledger = Ledger({number: always(Refused("no")) for number in bad})
    await ledger.isolation.settle(list(range(count)))
    assert ledger.settled == [number for number in range(count) if number not in bad]
    assert [number for number, _, _ in ledger.parked] == [number for number in range(count) if number in bad]


async def test_a_refused_item_is_parked_at_once() -> None:
    ledger = Ledger({3: always(Refused("no such source"))})
    await ledger.isolation.settle([3])
    assert [(number, attempts) for number, _, attempts in ledger.parked] == [(3, 1)]
    assert ledger.pauses == 0


async def test_a_bug_is_tried_three_times_before_it_is_parked() -> None:
    ledger = Ledger({3: always(ZeroDivisionError())})
    await ledger.isolation.settle([1, 3, 5])
    assert ledger.settled == [1, 5]
    assert [(number, attempts) for number, _, attempts in ledger.parked] == [(3, 3)]


async def test_a_bug_that_passes_costs_nothing() -> None:
    ledger = Ledger({3: [ZeroDivisionError()]})
    await ledger.isolation.settle([3])
    assert ledger.settled == [3]
    assert not ledger.parked


async def test_an_outage_is_waited_out_for_as_long_as_it_takes() -> None:
    ledger = Ledger({3: [Unreachable("away")] * 200})
    await ledger.isolation.settle([1, 3])
    assert ledger.settled == [1, 3]
    assert ledger.pauses == 200
    assert not ledger.parked


async def test_a_conflict_is_run_again_with_the_whole_batch() -> None:
    ledger = Ledger({3: [Contended("met")] * 5})
    await ledger.isolation.settle([1, 3])
    assert ledger.settled == [1, 3]


async def test_a_conflict_that_never_ends_is_a_bug() -> None:
    ledger = Ledger({3: always(Contended("met"))})
    await ledger.isolation.settle([1, 3])
    assert ledger.settled == [1]
    assert [number for number, _, _ in ledger.parked] == [3]


async def test_when_everything_fails_it_stops_instead_of_parking_everything() -> None:
    ledger = Ledger({number: always(ZeroDivisionError()) for number in range(2_000)})
    with pytest.raises(ParkingLimit):
        await ledger.isolation.settle(list(range(2_000)))
    assert len(ledger.parked) < WINDOW_FLOOR


async def test_a_few_bad_among_many_good_never_stop_it() -> None:
    ledger = Ledger({number: always(ZeroDivisionError()) for number in range(0, 500, 10)})
    for start in range(0, 500, 50):
        await ledger.isolation.settle(list(range(start, start + 50)))
    assert len(ledger.parked) == 50


async def test_a_stop_during_a_wait_leaves_the_batch_unsettled() -> None:
    ledger = Ledger({3: always(Unreachable("away"))})

    async def stop(_: float) -> None:
        raise Stopped

    ledger.isolation._pause = stop
    with pytest.raises(Stopped):
        await ledger.isolation.settle([1, 3])
    assert not ledger.settled
    assert not ledger.parked
