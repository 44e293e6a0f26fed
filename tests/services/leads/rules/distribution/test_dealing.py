"""Round robin, told by the pure rule alone."""

from hypothesis import given
from hypothesis import strategies as st

from services.leads.models import Pool
from services.leads.rules.distribution.dealing import deal, welcomed

reps = st.sets(st.sampled_from("abcdef"), min_size=1)


@given(reps, st.lists(st.integers(0, 20), max_size=10))
def test_nobody_who_is_there_all_the_time_is_more_than_one_lead_ahead(here: set[str], batches: list[int]) -> None:
    pool, number = Pool(id="p"), 0
    for size in batches:
        owners, pool = deal(welcomed(pool, here), [str(number + n) for n in range(size)], {})
        number += size
        assert len(owners) == size
    counts = [pool.dealt.get(rep, 0) for rep in here]
    assert max(counts) - min(counts) <= 1
    assert sum(counts) == number


@given(st.lists(st.tuples(reps, st.integers(0, 12)), min_size=1, max_size=12))
def test_who_comes_and_goes_is_neither_flooded_nor_starved(days: list[tuple[set[str], int]]) -> None:
    pool = Pool(id="p")
    for here, size in days:
        owners, pool = deal(welcomed(pool, here), [str(number) for number in range(size)], {})
        today = [sum(owner == rep for owner in owners.values()) for rep in here]
        counts = [pool.dealt[rep] for rep in here]
        assert max(counts) - min(counts) <= 1
        assert max(today) - min(today) <= 2


def test_who_comes_back_starts_level_with_the_last_in_line() -> None:
    pool = Pool(id="p", dealt={"a": 2, "b": 90, "c": 91}, present=["b", "c"])
    assert welcomed(pool, ["a", "b", "c"]).dealt == {"a": 90, "b": 90, "c": 91}


@given(reps, st.lists(st.sampled_from("abcdef"), min_size=1, max_size=10))
def test_a_lead_does_not_go_back_to_who_did_not_respond_unless_nobody_else_is_there(here: set[str], former: list[str]) -> None:
    not_to = {str(number): rep for number, rep in enumerate(former)}
    owners, _ = deal(welcomed(Pool(id="p"), here), list(not_to), not_to)
    for lead, owner in owners.items():
        assert owner != not_to[lead] or here == {owner}


def test_without_anybody_there_nothing_is_dealt() -> None:
    pool = welcomed(Pool(id="p", dealt={"a": 3}, present=["a"]), [])
    assert deal(pool, ["1"], {}) == ({}, pool)


def test_a_pool_survives_being_stored_whatever_its_reps_are_called() -> None:
    pool = Pool(id="p", dealt={"a.b@x.example": 2, "$c": 1}, present=["$c"])
    assert Pool.from_document(pool.to_document()) == pool
