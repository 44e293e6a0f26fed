"""What the bodies of requests have in common."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Body(BaseModel):
    """What nobody knows is refused, so that a misspelt field does not go unnoticed."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Patch(Body):
    """Every field may be left out, and then nothing is changed about it."""

    def said(self) -> dict[str, Any]:
        """What was given, each part of it whole."""
        whole = self.model_dump()
        return {name: whole[name] for name in whole if name in self.model_fields_set}
