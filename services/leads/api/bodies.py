"""What the bodies of requests have in common."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from services.leads.models.providers import SecretName

Secrets = Annotated[
    dict[SecretName, SecretStr | None], Field(max_length=20, description="Stored encrypted, and never shown again; null removes one")
]


class Body(BaseModel):
    """What nobody knows is refused, so that a misspelt field does not go unnoticed."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Patch(Body):
    """Every field may be left out, and then nothing is changed about it."""

    def said(self) -> dict[str, Any]:
        """What was given, each part of it whole."""
        whole = self.model_dump()
        return {name: whole[name] for name in whole if name in self.model_fields_set}
