"""What somebody wrote into a form, as they meant it."""

import pytest

from services.leads.models import FormField, FormSettings
from services.leads.rules.capture.forms import check_choices, submission_in
from shared.database import utcnow
from shared.errors import Invalid


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("20.000 €", "20000"),
        ("$2,500.00", "2500.00"),
        ("1.234.567,89", "1234567.89"),
        ("1'000", "1000"),
        ("50 000 EUR", "50000"),
        ("ca. 5000", "5000"),
        ("12,5", "12.5"),
        # It is not for us to say what they mean: they are still there to be asked.
        ("5000-10000", "5000-10000"),
        ("5,000 - 10,000", "5,000 - 10,000"),
        ("10k", "10k"),
        ("2 million", "2 million"),
        ("20000 EUR (2026)", "20000 EUR (2026)"),
        ("-5", "-5"),
        ("much", "much"),
    ],
)
def test_a_number_is_read_as_it_was_meant_or_left_as_it_was_written(written: str, meant: str) -> None:
    form = FormSettings(title="Pumps", fields=[FormField(name="email"), FormField(name="budget")])
    data = submission_in(form, {"email": "ana@x.example", "budget": written}, {"source": "web"}, utcnow())
    assert data["interest"]["budget"] == meant


def test_a_form_offers_nothing_that_could_not_be_sent() -> None:
    offered = [FormField(name="email"), FormField(name="budget", choices=["1.000 €", "5.000 €"])]
    check_choices(FormSettings(title="Pumps", fields=offered))
    ranges = [*offered, FormField(name="employees", choices=["50", "50-200"])]
    with pytest.raises(Invalid, match="50-200 is no number") as refused:
        check_choices(FormSettings(title="Pumps", fields=ranges))
    assert [(one.field, one.rule) for one in refused.value.violations] == [("fields.2.choices", "number")]
