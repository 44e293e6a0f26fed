"""The pure decisions, without a server."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.opportunities.models import DEFAULT_PIPELINE, Sum, opportunity_id_of
from services.opportunities.rules import stages
from services.opportunities.rules.commitments import kept, missed
from services.opportunities.rules.forecasts import forecast
from services.opportunities.rules.leads import assigned, merged, name_for
from services.opportunities.rules.money import total_of
from services.opportunities.rules.stages import FILLED
from services.opportunities.rules.team import WHOLE, check_team, led_by
from shared.errors import Invalid, NotAllowedNow
from shared.events import Company, Interest, Line, Person, TeamMember
from tests.services.opportunities.builders import ACME, ADA, MARCH, PUMPS, a_commitment, an_opportunity, lead_assigned, lead_merged, member

READY = {"amount": "100", "currency": "EUR", "proposals_sent": 1}
NAMES = [stage.slug for stage in DEFAULT_PIPELINE.stages]
MONEY = st.decimals(min_value=0, max_value=10**9, places=2)


@st.composite
def teams(draw: st.DrawFn) -> list[TeamMember]:
    """Teams whose splits add up to 100, led by `ana`."""
    others = draw(st.lists(st.sampled_from(["bob", "cy", "dee", "eve"]), unique=True))
    left, team = WHOLE, []
    for rep_id in others:
        split = draw(st.decimals(min_value=0, max_value=left, places=3))
        left -= split
        team.append(member(rep_id, split, "engineer"))
    return [member("ana", left), *team]


@given(teams(), st.lists(st.sampled_from(["ana", "bob", "cy", "zoe"])))
def test_however_often_the_owner_changes_the_splits_add_up_to_100(team: list[TeamMember], owners: list[str]) -> None:
    for owner in owners:
        team = led_by(team, owner)
    check_team(team, owner_id=owners[-1] if owners else "ana", known={one.rep_id for one in team})


@given(teams(), st.sampled_from(["ana", "bob", "zoe"]))
def test_a_change_of_owner_leaves_the_others_their_splits(team: list[TeamMember], owner: str) -> None:
    after = {one.rep_id: one.split for one in led_by(team, owner)}
    assert all(after[one.rep_id] == one.split for one in team if one.role != "owner" and one.rep_id != owner)


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.integers(min_value=0, max_value=10**7))))
def test_the_time_in_the_stages_adds_up_to_the_cycle(moves: list[tuple[str, int]]) -> None:
    opportunity, at = an_opportunity(**READY), MARCH
    for stage, seconds in moves:
        at += timedelta(seconds=seconds)
        if stage != opportunity.stage:
            opportunity = stages.moved(opportunity, DEFAULT_PIPELINE, stage, at)
    closed = stages.closed(opportunity, DEFAULT_PIPELINE, "won", "price", at=at + timedelta(hours=1))
    assert sum(stay.spent_seconds or 0 for stay in closed.stages) == stages.cycle_seconds(closed)
    assert all(before.left_at == after.entered_at for before, after in zip(closed.stages, closed.stages[1:], strict=False))


@given(st.sets(st.sampled_from(sorted(READY))), st.sampled_from(NAMES), st.sampled_from(NAMES))
def test_a_move_forward_asks_for_all_that_the_stages_on_its_way_ask_for(filled: set[str], start: str, to: str) -> None:
    if start == to:
        return
    opportunity = an_opportunity(stage=start, **{name: READY[name] for name in filled})
    needed = (
        {name for stage in DEFAULT_PIPELINE.up_to(to) for name in stage.required_fields} if NAMES.index(to) > NAMES.index(start) else set()
    )
    missing = {name for name in needed if not FILLED[name](opportunity)}
    if missing:
        with pytest.raises(NotAllowedNow) as refusal:
            stages.moved(opportunity, DEFAULT_PIPELINE, to, MARCH)
        assert {violation.field for violation in refusal.value.violations} == missing
    else:
        assert stages.moved(opportunity, DEFAULT_PIPELINE, to, MARCH).stage == to


def test_closing_and_reopening_brings_everything_back_but_the_time() -> None:
    opportunity = an_opportunity(**READY)
    closed = stages.closed(opportunity, DEFAULT_PIPELINE, "lost", "timing", at=MARCH + timedelta(days=1))
    reopened = stages.reopened(closed, DEFAULT_PIPELINE, MARCH + timedelta(days=5))
    assert (reopened.status, reopened.stage, reopened.probability) == ("open", opportunity.stage, opportunity.probability)
    assert [stay.spent_seconds for stay in reopened.stages] == [86400, None]


@given(
    st.lists(
        st.tuples(st.sampled_from(["ana", "bob", None]), st.sampled_from(["EUR", "USD"]), st.sampled_from([10, 25, 50, 75, 100]), MONEY)
    )
)
def test_a_forecast_loses_and_invents_no_cent(rows: list[tuple[str | None, str, int, Decimal]]) -> None:
    sums = [
        Sum(owner, currency, "closed" if percent == 100 else "pipeline", Decimal(percent), amount, 1)
        for owner, currency, percent, amount in rows
    ]
    said = forecast(sums)
    assert len(said) == len({(owner, currency) for owner, currency, _, _ in rows})
    for currency in ("EUR", "USD"):
        mine = [row for row in said if row.currency == currency]
        assert sum(sum(row.categories.values()) for row in mine) == sum(amount for _, one, _, amount in rows if one == currency)
        weighted = sum(amount * percent / 100 for _, one, percent, amount in rows if one == currency and percent != 100)
        assert sum(row.weighted for row in mine) == weighted
    assert sum(row.opportunities for row in said) == len(rows)


@given(st.permutations([3, 4, 5, 6]), st.permutations([3, 4, 5, 6]))
def test_the_lead_is_followed_to_the_same_end_in_any_order(assignments: list[int], mergers: list[int]) -> None:
    opportunity = an_opportunity(lead_id="l1", details_version=2)
    for assignment, merger in zip(assignments, mergers, strict=True):
        opportunity = assigned(opportunity, lead_assigned("l1", f"rep{assignment}", version=assignment), None)
        opportunity = merged(opportunity, lead_merged("l1", version=merger, company=Company(name=f"Acme {merger}")))
    assert (opportunity.owner_id, opportunity.company.name) == ("rep6", "Acme 6")
    assert [(one.rep_id, one.split) for one in opportunity.team] == [("rep6", WHOLE)]


def test_a_missed_commitment_that_is_kept_is_late_and_was_missed() -> None:
    commitment = a_commitment(due=MARCH)
    late = kept(missed(commitment, MARCH), "sent", at=MARCH + timedelta(hours=1))
    assert (late.status, late.late, late.missed_at, late.version) == ("kept", True, MARCH, 3)
    assert kept(commitment, None, at=MARCH - timedelta(hours=1)).late is False
    with pytest.raises(NotAllowedNow):
        kept(late, None, at=MARCH)


@given(st.lists(st.tuples(st.decimals(min_value="0.001", max_value=1000, places=3), MONEY), min_size=1, max_size=20))
def test_lines_add_up_exactly_or_are_too_much(priced: list[tuple[Decimal, Decimal]]) -> None:
    lines = [Line(product="pump", quantity=quantity, unit_price=price) for quantity, price in priced]
    exact = sum((quantity * price for quantity, price in priced), Decimal(0))
    if exact >= 10**12:
        with pytest.raises(Invalid):
            total_of(lines)
    else:
        assert total_of(lines) == exact


@pytest.mark.parametrize(
    ("person", "company", "interest", "name"),
    [
        (ADA, ACME, PUMPS, "Acme: pumps"),
        (ADA, Company(domain="acme.example"), Interest(), "Ada Lovelace"),
        (Person(), Company(domain="acme.example"), PUMPS, "acme.example: pumps"),
        (Person(), Company(), Interest(), "Opportunity"),
    ],
)
def test_an_opportunity_is_named_after_what_is_known(person: Person, company: Company, interest: Interest, name: str) -> None:
    assert name_for(person, company, interest) == name


def test_a_lead_has_one_opportunity_for_ever() -> None:
    assert opportunity_id_of("l1") == opportunity_id_of("l1") != opportunity_id_of("l2")
