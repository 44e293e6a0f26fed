"""Dates as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.leads.rules.capture.dates import moment_of


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-25T10:30:00+02:00", "2026-11-25T10:30:00+02:00"),
        ("2026-11-25T10:30:00", "2026-11-25T10:30:00"),
        ("2026-11-25", "2026-11-25T00:00:00Z"),
        ("25.11.2026", "2026-11-25T00:00:00Z"),
        (" 5.11.2026", "2026-11-05T00:00:00Z"),
        ("25/11/2026", "2026-11-25T00:00:00Z"),
        ("11/25/2026", "2026-11-25T00:00:00Z"),
        ("05/11/2026", "05/11/2026"),
        ("31.02.2026", "31.02.2026"),
        ("soon", "soon"),
    ],
)
def test_a_date_is_read_where_it_can_be_read_in_one_way_only(text: str, moment: str) -> None:
    assert moment_of(text) == moment


@given(st.text(max_size=30))
def test_no_text_breaks_the_reading_and_what_is_read_is_stable(text: str) -> None:
    assert moment_of(moment_of(text)) == moment_of(text)
