"""Which leads of a file stay when it is taken back."""

from typing import Any, cast

from services.leads.models import LeadDocument
from services.leads.rules.imports.undoing import reason_to_keep


def lead_of(**fields: Any) -> LeadDocument:
    return cast(LeadDocument, {"_id": "l", "status": "qualified", **fields})


def test_a_lead_goes_unless_somebody_works_with_it() -> None:
    assert reason_to_keep(lead_of(), (), 0) is None
    assert reason_to_keep(lead_of(), [{"by": "user:ana", "what": "contacted"}], 0) == "ana has contacted it"
    assert reason_to_keep(lead_of(), (), 2) == "2 other submissions are part of it"
    assert reason_to_keep(lead_of(outcome="won"), (), 0) == "the deal that came of it is won"
    assert reason_to_keep(lead_of(outcome="converted"), (), 0) is None
    assert reason_to_keep(lead_of(status="merged", merged_into="m"), (), 0) is None
