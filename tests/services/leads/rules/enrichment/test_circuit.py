"""Who does not answer is left alone for a while."""

from hypothesis import given
from hypothesis import strategies as st

from services.leads.rules.enrichment.circuit import Circuit


def failed(times: int, *, at: float = 0.0) -> Circuit:
    circuit = Circuit(3, 10)
    for _ in range(times):
        circuit.note(good=False, now=at)
    return circuit


def test_some_failures_change_nothing_and_an_answer_forgives_them() -> None:
    circuit = failed(2)
    assert circuit.state(0) == "closed"
    circuit.note(good=True, now=0)
    circuit.note(good=False, now=0)
    assert circuit.allows(5, 0, calling=3) == 5


def test_after_too_many_in_a_row_nobody_calls_until_the_time_is_over_and_then_one() -> None:
    circuit = failed(3)
    assert (circuit.state(9.9), circuit.allows(5, 9.9, calling=0)) == ("open", 0)
    assert (circuit.state(10), circuit.allows(5, 10, calling=0), circuit.allows(5, 10, calling=1)) == ("half_open", 1, 0)


def test_the_one_that_tries_decides() -> None:
    again, well = failed(3), failed(3)
    again.note(good=False, now=10)
    well.note(good=True, now=10)
    assert (again.state(19), again.reopens_in(19)) == ("open", 1)
    assert well.state(10) == "closed"


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 5)), max_size=50), st.integers(0, 20))
def test_while_it_is_open_nothing_is_ever_allowed(notes: list[tuple[bool, float]], wanted: int) -> None:
    circuit, now = Circuit(3, 10), 0.0
    for good, passed in notes:
        now += passed
        circuit.note(good=good, now=now)
        allowed = circuit.allows(wanted, now, calling=0)
        assert allowed == {"open": 0, "half_open": min(1, wanted), "closed": wanted}[circuit.state(now)]
