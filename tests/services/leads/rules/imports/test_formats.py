"""A file is told from its beginning alone."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.leads.rules.capture.mapping import Plan, mapping_of
from services.leads.rules.imports.formats import encoding_of, recognised
from services.leads.rules.imports.lines import cut_lines, flat, read_object_heading, read_sheet_heading, text_of
from services.leads.rules.imports.rows import Dialect, cut_rows, read_heading
from shared.errors import Malformed

GERMAN = "Vorname;Nachname;E-Mail;Firma\n" + "".join(f"Jürgen;Müßig;j{n}@größe.example;Bäckerei Süß & Söhne – München\n" for n in range(30))
POLISH = "Imię;Nazwisko;E-mail;Nazwa firmy\n" + "".join(
    f"Łukasz;Wiśniewski;l{n}@zrodlo.example;Zakład Produkcyjny Źródło\n" for n in range(30)
)
JAPANESE = "名,姓,メール,会社\n" + "".join(f"健司,森,k{n}@mori.example,森製作所株式会社の東京営業所\n" for n in range(30))


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        *((GERMAN, encoding) for encoding in ("utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-32")),
        (GERMAN.replace("–", "-"), "latin-1"),
        (POLISH, "cp1250"),
        (POLISH, "utf-16"),
        (JAPANESE, "cp932"),
        (JAPANESE, "utf-8"),
    ],
)
def test_whatever_encoding_it_was_saved_in_it_reads_the_same(text: str, encoding: str) -> None:
    data = text.encode(encoding)
    kind = recognised(data)
    assert kind.format == "csv"
    assert data.decode(kind.encoding).lstrip("\ufeff") == text


def test_a_character_that_is_cut_in_two_at_the_end_of_the_beginning_is_no_reason_to_doubt_utf8() -> None:
    assert recognised("name;mail\nJü".encode()[:-1]).encoding == "utf-8"


@pytest.mark.parametrize(
    ("beginning", "format_"),
    [(b"PK\x03\x04...", "xlsx"), (b'{"email": "a@x.example"}\n', "ndjson"), (b"\xef\xbb\xbf{}", "ndjson"), (b"a,b", "csv")],
)
def test_the_format_is_in_the_first_bytes(beginning: bytes, format_: str) -> None:
    assert recognised(beginning).format == format_


@pytest.mark.parametrize("beginning", [b"\xd0\xcf\x11\xe0\xa1\xb1", b'[{"email": "a@x.example"}]', b"[\n{}]"])
def test_what_cannot_be_read_is_refused_with_a_way_out(beginning: bytes) -> None:
    with pytest.raises(Malformed):
        recognised(beginning)


def test_excels_own_line_about_the_separator_is_no_heading() -> None:
    heading = read_heading(b"sep=|\na|b;c\n1|2\n")
    assert (heading.separator, heading.columns, heading.end, heading.lines) == ("|", ["a", "b;c"], 12, 2)


def test_a_separator_that_is_part_of_a_japanese_character_separates_nothing() -> None:
    rows = cut_rows("ソ|ァ\n".encode("cp932"), Dialect("|", 2, "cp932"), most=1, final=True).rows
    assert [row.cells for row in rows] == [["ソ", "ァ"]]


@pytest.mark.parametrize(
    "headings",
    [
        ["Vorname", "Nachname", "E-Mail-Adresse", "Telefonnummer", "Firma", "Land"],
        ["Prénom", "Nom", "Adresse e-mail", "Téléphone", "Société", "Pays"],
        ["Nombre", "Apellidos", "Correo electrónico", "Teléfono", "Empresa", "País"],
        ["Nome", "Cognome", "Posta elettronica", "Telefono", "Azienda", "Paese"],
        ["Imię", "Nazwisko", "Adres e-mail", "Numer telefonu", "Nazwa firmy", "Kraj"],
        ["Voornaam", "Achternaam", "E-mail", "Telefoon", "Bedrijf", "Land"],
        ["Förnamn", "Efternamn", "E-post", "Telefon", "Företag", "Land"],
        ["Имя", "Фамилия", "Электронная почта", "Телефон", "Компания", "Страна"],
        ["名", "姓", "メール", "電話", "会社", "国"],
        ["person.first_name", "person.last_name", "person.email", "person.phone", "company.name", "company.country"],
    ],
)
def test_headings_are_understood_in_many_languages(headings: list[str]) -> None:
    wanted = ["person.first_name", "person.last_name", "person.email", "person.phone", "company.name", "company.country"]
    assert list(mapping_of(headings, {}).values()) == wanted


def test_of_two_columns_for_one_field_the_second_is_kept_as_an_attribute() -> None:
    assert mapping_of(["Email", "Work email"], {}) == {"Email": "person.email", "Work email": "attributes.Work email"}


def test_objects_name_their_columns_and_later_ones_may_name_more() -> None:
    lines = b'{"email": "a@x.example", "company": {"name": "Acme"}}\n\n{"email": "b@x.example", "Vorname": "Bo", "shoe": 7}\n'
    heading = read_object_heading(lines.splitlines(keepends=True)[0])
    plan = Plan(heading.columns, mapping_of(heading.columns, {}))
    first, second = (plan.submission_of(row, {"source": "fair"}) for row in cut_lines(lines, 2, most=9, final=True).rows)
    assert (first.person.email, first.company.name) == ("a@x.example", "Acme")
    assert (second.person.first_name, second.attributes) == ("Bo", {"shoe": "7"})


def test_a_line_that_is_no_object_is_one_broken_row() -> None:
    cut = cut_lines(b'{"a": 1}\n{broken\n"text"\n[1,2,3]\n[1]\n', 2, most=9, final=True)
    assert [(row.line, row.violation.rule if row.violation else "") for row in cut.rows] == [
        (0, ""),
        (1, "json"),
        (2, "json"),
        (3, "columns"),
        (4, ""),
    ]
    assert cut.rows[-1].cells == ["1", ""]


def test_a_sheet_begins_with_its_columns() -> None:
    heading = read_sheet_heading(b'["Mail", "Budget", "", null]\n["a@x.example", 5]\n')
    assert (heading.columns, heading.end) == (["Mail", "Budget"], 29)


@pytest.mark.parametrize(
    ("value", "text"),
    [(20000.0, "20000"), (4.9151e11, "491510000000"), (0.5, "0.5"), (True, "true"), (["a", 1], "a, 1"), ({"x": [{}]}, '{"x":[{}]}')],
)
def test_values_are_as_people_would_type_them(value: Any, text: str) -> None:
    assert text_of(value) == text


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(min_size=1, max_size=5), _json, max_size=4))
def test_any_object_is_a_row_of_texts(row: dict[str, Any]) -> None:
    assert all(isinstance(text, str) for text in flat(row).values())
    (read,) = cut_lines(json.dumps(row).encode(), 3, most=9, final=True).rows
    assert read.violation is None


def test_a_broken_line_among_others_makes_no_other_encoding() -> None:
    assert encoding_of("email\nZoë\nJosé\n".encode() + b"Jos\xe9\n") == "utf-8"
    assert encoding_of("email\nZoë\nJosé\nMüller\n".encode("cp1252")) != "utf-8"
    assert encoding_of("email\nZoë".encode()[:-1]) == "utf-8"
