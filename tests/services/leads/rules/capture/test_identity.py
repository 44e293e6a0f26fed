"""Who is this? Told by the pure rules alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneNumber, PhoneNumberType, example_number_for_type, is_valid_number

from services.leads.rules.capture.addresses import email_of, phone_of
from services.leads.rules.capture.identity import is_refuted, search_ranges, taken_in
from services.leads.rules.capture.names import country_of, holds_markup, split_name
from shared.events import LeadSubmitted
from tests.services.leads.builders import bare


@pytest.mark.parametrize(
    ("text", "email"),
    [
        ("Ana.Silva@Acme.example", "ana.silva@acme.example"),
        ("o'neil@x.example", "o'neil@x.example"),
        ("jürgen@müller.example", "jürgen@müller.example"),
        ("jo@", None),
        ("a@localhost", None),
        ("a..b@x.example", None),
        ("a@x..example", None),
        ("a@-x.example", None),
        ("a@b.invalid", None),
        ("x" * 65 + "@x.example", None),
        ("a@" + "x" * 64 + ".example", None),
        ("not an address", None),
    ],
)
def test_addresses_are_compared_in_lower_case_and_must_be_addresses(text: str, email: str | None) -> None:
    assert email_of(text) == email


@pytest.mark.parametrize("code", sorted(COUNTRY_CODE_TO_REGION_CODE))
def test_a_complete_number_is_taken_as_it_is_only_if_the_library_knows_it(code: int) -> None:
    kinds = PhoneNumberType.values()
    examples = [example_number_for_type(region, kind) for region in COUNTRY_CODE_TO_REGION_CODE[code] for kind in kinds]
    for national in {str(example.national_number) for example in examples if example}:
        slips = [national[:at] + digit + national[at + 1 :] for at in (0, 1, 3) for digit in "159"]
        for like in (national, national + "0", national[:-1], *slips):
            exists = is_valid_number(PhoneNumber(country_code=code, national_number=int(like)))
            assert (phone_of(f"+{code}{like}", None) == f"+{code}{like}") == exists


@pytest.mark.parametrize(
    ("text", "country", "phone"),
    [
        ("0171 3920090", "DE", "+491713920090"),
        ("+49 (0)171 / 392-0090", None, "+491713920090"),
        ("0049 171 3920090", None, "+491713920090"),
        ("0012065550137", "US", "+12065550137"),
        ("+39 06 698 12345", None, "+390669812345"),
        ("(305) 555-0114", "US", "+13055550114"),
        ("tel. 0171 3920090", "DE", "+491713920090"),
        ("0171 3920090", None, None),
        ("0000000000", "US", None),
        ("12345", "US", None),
        ("+999 12345678", None, None),
        ("call me", "DE", None),
        ("", "DE", None),
    ],
)
def test_phones_are_compared_as_e164_and_must_exist(text: str, country: str | None, phone: str | None) -> None:
    assert phone_of(text, country) == phone


@given(st.text(max_size=30), st.sampled_from([None, "DE", "US", "IT"]))
def test_no_text_breaks_the_reading_of_a_phone_and_what_is_read_is_stable(text: str, country: str | None) -> None:
    phone = phone_of(text, country)
    assert phone is None or phone_of(phone, None) == phone


@given(st.text(max_size=40))
def test_no_text_breaks_the_reading_of_an_address_and_what_is_read_is_stable(text: str) -> None:
    email = email_of(text)
    assert email is None or email_of(email) == email


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("Deutschland", "DE"),
        ("U.S.", "US"),
        ("gb", "GB"),
        ("DEU", "DE"),
        ("Côte d'Ivoire", "CI"),
        ("Österreich", "AT"),
        ("Frankreich", "FR"),
        ("México", "MX"),
        ("Belgique", "BE"),
        ("日本", "JP"),
        ("Atlantis", None),
        ("??", None),
    ],
)
def test_countries_are_compared_by_their_code(text: str, country: str | None) -> None:
    assert country_of(text) == country


def test_a_name_is_taken_apart_only_where_it_is_in_one_piece() -> None:
    assert split_name({"last_name": "Mori, Kenji"}) == {"last_name": "Mori", "first_name": "Kenji"}
    assert split_name({"first_name": "Ana", "last_name": "Silva, Dr."}) == {"first_name": "Ana", "last_name": "Silva, Dr."}


@pytest.mark.parametrize(
    ("whole", "first", "last"),
    [
        ("Kenji Mori", "Kenji", "Mori"),
        ("Ana Maria Silva", "Ana Maria", "Silva"),
        ("Mori,Kenji", "Kenji", "Mori"),
        ("Dr. Ana Silva PhD", "Ana", "Silva"),
        ("Juan de la Cruz", "Juan", "de la Cruz"),
        ("de la Cruz, Juan", "Juan", "de la Cruz"),
        ("van der Berg", None, "van der Berg"),
        ("Mr Smith", None, "Mr Smith"),
        ("森 健司", None, "森 健司"),
        ("Silva", None, "Silva"),
    ],
)
def test_a_whole_name_in_one_field_becomes_two(whole: str, first: str | None, last: str) -> None:
    apart = split_name({"last_name": whole})
    assert (apart.get("first_name"), apart["last_name"]) == (first, last)


@given(st.text(max_size=30))
def test_no_text_breaks_the_taking_apart_of_a_name(text: str) -> None:
    apart = split_name({"first_name": text})
    assert apart == {"first_name": text} or (apart["first_name"] and apart["last_name"])


def test_what_was_tidied_and_taken_apart_is_told() -> None:
    person = {"email": "ana@x.example", "first_name": "Ana  Silva"}
    parts = taken_in(bare(person=person, company={"name": "Acme\u00a0 Pumps"})).parts
    assert (parts["person"]["first_name"], parts["person"]["last_name"]) == ("Ana", "Silva")
    assert parts["corrections"] == [
        {"field": "person.first_name", "was": "Ana  Silva", "now": "Ana Silva"},
        {"field": "company.name", "was": "Acme\u00a0 Pumps", "now": "Acme Pumps"},
        {"field": "person.first_name", "was": "Ana Silva", "now": "Ana"},
        {"field": "person.last_name", "was": "", "now": "Silva"},
    ]


@pytest.mark.parametrize(("name", "is_markup"), [("<b>Ana</b>", True), ("<script src=x>", True), ("I <3 you", False), ("A > B", False)])
def test_markup_in_a_name_is_told_from_signs(name: str, is_markup: bool) -> None:
    assert holds_markup(name) is is_markup


def test_the_keys_of_a_person_stand_in_the_order_of_their_strength() -> None:
    person = {"first_name": "Ana", "last_name": "Silva", "email": "ana@x.example", "phone": "+49 171 3920090"}
    parts = taken_in(bare(person=person, company={"name": "Acme GmbH"}, external_id="7")).parts
    assert parts["keys"] == ["x:web|7", "e:ana@x.example", "p:+491713920090", "n:acme|ana silva"]


@pytest.mark.parametrize(
    ("fields", "field", "rule"),
    [
        ({"person": {"email": "jo@"}}, "person.email", "email"),
        ({"person": {"phone": "call me"}}, "person.phone", "phone"),
        ({"person": {"last_name": "..."}, "company": {"name": "Acme"}}, "person.last_name", "identity_required"),
        ({"person": {"last_name": "Silva", "email": "a@x.example", "first_name": "<b>Ana</b>"}}, "person.first_name", "markup"),
        ({"person": {"email": "a@x.example"}, "company": {"name": "<script>"}}, "company.name", "markup"),
        ({"person": {"email": "jo@"}, "external_id": "7"}, "person.email", "email"),
    ],
)
def test_who_cannot_be_told_from_others_is_refused_with_field_and_rule(fields: dict[str, object], field: str, rule: str) -> None:
    refusal = taken_in(bare(**fields)).refusal
    assert refusal is not None
    assert [(one.field, one.rule) for one in refusal.violations] == [(field, rule)]


@pytest.mark.parametrize("fields", [{"phone": "call me", "email": "a@x.example"}, {"email": "jo@", "phone": "+491713920090"}])
def test_one_good_way_to_reach_somebody_is_enough(fields: dict[str, str]) -> None:
    intake = taken_in(bare(person=fields))
    assert intake.refusal is None
    assert [one["now"] for one in intake.parts["corrections"]][-1:] in ([None], [])


@given(st.builds(dict, email=st.emails(), first_name=st.text(max_size=10), last_name=st.text(max_size=10)))
def test_what_was_put_in_order_stays_as_it_is(person: dict[str, str]) -> None:
    clean = {name: "".join(letter for letter in value if letter.isprintable()) for name, value in person.items()}
    once = taken_in(bare(person=clean)).parts
    if "email" not in once["person"]:
        return
    again = taken_in(LeadSubmitted.model_validate({"source": "web", "person": once["person"], "company": once["company"]})).parts
    assert (again["person"], again["company"], again["keys"]) == (once["person"], once["company"], once["keys"])


def test_what_somebody_types_is_looked_for_among_addresses_companies_and_phones() -> None:
    assert [beginning for beginning, _ in search_ranges("Ana@")] == ["e:ana@", "n:ana"]
    assert [beginning for beginning, _ in search_ranges("+49 171")] == ["e:+49 171", "n:49 171", "p:+49171"]


@pytest.mark.parametrize(
    ("key", "known", "fresh", "refuted"),
    [
        ("p:+491713920090", {"first_name": "Jo", "last_name": "Silva"}, {"first_name": "Max", "last_name": "Klein"}, True),
        ("p:+491713920090", {"first_name": "Ana", "last_name": "Silva"}, {"first_name": "Jo", "last_name": "Silva"}, True),
        ("p:+491713920090", {"first_name": "William", "last_name": "Silva"}, {"first_name": "Bill", "last_name": "Silvas"}, False),
        ("p:+491713920090", {"first_name": "Ana", "last_name": "Silva"}, {"first_name": "Silva", "last_name": "Ana"}, False),
        ("p:+491713920090", {"last_name": "Silva"}, {}, False),
        ("n:acme|ana silva", {"email": "ana@acme.example"}, {"email": "ana@gmail.com"}, False),
        ("n:acme|jo silva", {"email": "jo.silva@acme.example"}, {"email": "jo.silva2@acme.example"}, True),
        ("e:jo@acme.example", {"first_name": "Jo", "last_name": "Silva"}, {"first_name": "Max", "last_name": "Klein"}, False),
    ],
)
def test_a_shared_telephone_or_a_namesake_makes_nobody_somebody_else(
    key: str, known: dict[str, str], fresh: dict[str, str], refuted: bool
) -> None:
    assert is_refuted(key, {"person": known, "company": {}}, {"person": fresh, "company": {}}) is refuted
