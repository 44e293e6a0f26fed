"""Which roles don't see what of leads: a versioned set, of which one is active."""

from typing import Annotated, ClassVar, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from services.leads.models.policies import PolicySet

# Managers and admins read messages as they came, and so see everything anyway.
MaskableRole = Literal["rep", "agent", "integration"]
MASKABLE: frozenset[str] = frozenset(get_args(MaskableRole))
MaskedGroup = Literal["money", "contact", "words"]


class MaskingDraft(BaseModel):
    """By role what it does not see: `money` (budgets, revenue, costs), `contact` (e-mail and phone), `words` (needs, notes, attributes)."""

    model_config = ConfigDict(extra="forbid")

    hidden: Annotated[dict[MaskableRole, list[MaskedGroup]], Field(max_length=3)]


class MaskingSet(MaskingDraft, PolicySet):
    model_config = ConfigDict(extra="ignore")
    noun: ClassVar[str] = "masking"

    change: Annotated[int, Field(description="The how manieth change of what is in force it was when this one came into force")] = 0
