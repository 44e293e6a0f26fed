"""How a source takes people in: the form that it shows, and what it asks them to confirm."""

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from shared.events.values import Currency, LongText, Text

Language = Literal["en", "de"]
FieldName = Annotated[str, StringConstraints(pattern=r"^(?:[a-z_]{1,30}|attributes\.[a-z0-9_-]{1,60})$")]
Words = Annotated[Text, StringConstraints(min_length=1)]
# The field of a submission that each field of a form goes to; others are attributes, named `attributes.<name>`.
PATHS = {
    "first_name": "person.first_name",
    "last_name": "person.last_name",
    "email": "person.email",
    "phone": "person.phone",
    "title": "person.title",
    "company": "company.name",
    "website": "company.domain",
    "country": "company.country",
    "industry": "company.industry",
    "employees": "company.employees",
    "product": "interest.product",
    "need": "interest.need",
    "budget": "interest.budget",
    "timeline": "interest.timeline",
    "notes": "interest.notes",
}


def _web_address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("https", "http") or not parts.netloc or any(letter in text for letter in " ;,'\"\\"):
        raise ValueError("must be a web address such as https://acme.example/thanks")
    return text


def _origin(text: str) -> str:
    parts = urlsplit(_web_address(text))
    return f"{parts.scheme}://{parts.netloc}"


WebAddress = Annotated[Text, AfterValidator(_web_address)]
Origin = Annotated[Text, AfterValidator(_origin)]


class FormField(BaseModel):
    """`label` instead of the usual one; with `choices` one of them is to be chosen."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: FieldName
    required: bool = False
    label: Words | None = None
    choices: Annotated[list[Words], Field(max_length=200)] = []

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.name not in PATHS and not self.name.startswith("attributes."):
            raise ValueError(f"must be one of {', '.join(PATHS)}, or attributes.<name>")
        if self.name not in PATHS and self.label is None:
            raise ValueError("must have a label, as there is no usual one for an attribute")
        return self


def _usual_fields() -> list[FormField]:
    names = ("first_name", "last_name", "email", "phone", "company", "need")
    return [FormField(name=name, required=name == "email") for name in names]


class FormSettings(BaseModel):
    """The hosted form of a source. Texts are shown as they are written here; all else is said in the visitor's language.

    Only pages of the origins in `embed_on` may show it in a frame. With `consent_text` there is a box to tick.
    What comes within `least_seconds` of the page, or after `most_minutes`, is spam; so is what one address sends beyond `per_hour`.
    """

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    title: Words
    intro: LongText | None = None
    button: Words | None = None
    thanks: LongText | None = None
    redirect: WebAddress | None = None
    fields: Annotated[list[FormField], Field(min_length=1, max_length=40)] = Field(default_factory=_usual_fields)
    consent_text: LongText | None = None
    consent_required: bool = False
    privacy_url: WebAddress | None = None
    currency: Currency = "EUR"
    language: Language | None = None
    embed_on: Annotated[list[Origin], Field(max_length=20)] = []
    least_seconds: Annotated[float, Field(ge=0, le=60)] = 2
    most_minutes: Annotated[int, Field(ge=5, le=10_080)] = 1_440
    per_hour: Annotated[int, Field(ge=1, le=10_000)] = 20

    @model_validator(mode="after")
    def _tells_who(self) -> Self:
        names = [field.name for field in self.fields]
        if len(set(names)) < len(names):
            raise ValueError("each field may be there once")
        if not {"email", "phone"} & set(names) and not {"last_name", "company"} <= set(names):
            raise ValueError("must ask for an e-mail, a phone, or a last name and a company, or nobody could be told from others")
        return self


class OptInSettings(BaseModel):
    """What the people of a source are asked to confirm by mail. `sender` is who asks, `text` what they agree to.

    Under `wait` a submission is no lead before its sender has confirmed. Under `go_on` it is one at once, but its consent to
    marketing does not count before that; those who don't consent are not asked.
    """

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    mode: Literal["wait", "go_on"] = "wait"
    sender: Words
    text: Annotated[LongText, StringConstraints(min_length=1)]
    lifetime_hours: Annotated[int, Field(ge=1, le=720)] = 168
    language: Language = "en"
