"""Where opportunities and what belongs to them are kept: the only place that names a collection or an index."""

from services.opportunities.store.indexes import INDEXES
from services.opportunities.store.knowledge import (
    add_activity,
    add_commitment,
    add_proposal,
    find_commitments,
    get_commitment,
    get_proposal,
    save_commitments,
    save_proposal,
)
from services.opportunities.store.opportunities import (
    Ledger,
    Target,
    expect_version,
    find_absorbed,
    find_linked,
    get_opportunity,
    sum_forecasts,
)
from services.opportunities.store.people import (
    add_erased_leads,
    add_withdrawn_leads,
    blank_history,
    find_erased_leads,
    find_reps,
    find_withdrawn_leads,
    name_reps,
    save_reps,
)
from services.opportunities.store.pipelines import add_pipeline, find_pipelines, get_pipeline, is_stage_in_use, save_pipeline

__all__ = [
    "INDEXES",
    "Ledger",
    "Target",
    "add_activity",
    "add_commitment",
    "add_erased_leads",
    "add_pipeline",
    "add_proposal",
    "add_withdrawn_leads",
    "blank_history",
    "expect_version",
    "find_absorbed",
    "find_commitments",
    "find_erased_leads",
    "find_linked",
    "find_pipelines",
    "find_reps",
    "find_withdrawn_leads",
    "get_commitment",
    "get_opportunity",
    "get_pipeline",
    "get_proposal",
    "is_stage_in_use",
    "name_reps",
    "save_commitments",
    "save_pipeline",
    "save_proposal",
    "save_reps",
    "sum_forecasts",
]
