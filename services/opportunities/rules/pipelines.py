"""What makes a pipeline sound."""

from collections.abc import Sequence

from services.opportunities.models import Pipeline, PipelineDraft, Stage
from shared.errors import Invalid, Violation


def check_pipeline(draft: PipelineDraft) -> None:
    """Raises Invalid with everything that is wrong with it."""
    violations = [*_twice(draft.stages), *_without_reasons(draft)]
    if violations:
        raise Invalid("; ".join(violation.detail for violation in violations), violations=tuple(violations))


def dropped_stages(before: Pipeline, draft: PipelineDraft) -> list[str]:
    return sorted({stage.slug for stage in before.stages} - {stage.slug for stage in draft.stages})


def _twice(stages: Sequence[Stage]) -> list[Violation]:
    slugs = [stage.slug for stage in stages]
    return [Violation(f"stages.{n}.slug", "once", f"there are two stages {slug}") for n, slug in enumerate(slugs) if slug in slugs[:n]]


def _without_reasons(draft: PipelineDraft) -> list[Violation]:
    outcomes = [outcome for outcome in ("won", "lost") if not any(given == outcome for given in draft.reasons)]
    return [Violation(f"reasons.{outcome}", "required", f"there must be a reason for {outcome}") for outcome in outcomes]
