"""Rows are read one by one, and what is wrong with one costs no other."""

import io

import pytest

from cli.columns import nested, paths_of
from cli.rows import MOST_LINES_OF_A_ROW, Row, rows_of
from shared.errors import Invalid, Malformed
from shared.events import CaseSubmitted, LeadSubmitted


def read(text: str | bytes, kind: str = "csv") -> list[Row]:
    return list(rows_of(io.BytesIO(text if isinstance(text, bytes) else text.encode()), kind))


def good(rows: list[Row]) -> list[object]:
    return [row.value for row in rows if row.refusal is None]


def bad(rows: list[Row]) -> list[tuple[int, str]]:
    return [(row.line, row.refusal.violations[0].rule) for row in rows if row.refusal is not None]


def test_a_csv_row_is_its_cells_by_column() -> None:
    assert good(read('\ufeffname, email\r\n"Lovelace, Ada",a@b.example\r\n\r\n"say ""hi""",c@d.example')) == [
        {"name": "Lovelace, Ada", "email": "a@b.example"},
        {"name": 'say "hi"', "email": "c@d.example"},
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_of_the_header(delimiter: str) -> None:
    assert good(read(f"a{delimiter}b\n1{delimiter}2\n")) == [{"a": "1", "b": "2"}]


@pytest.mark.parametrize("header", ['"a";"b"', '"a, or so";b', "a|b|c, d"])
def test_names_of_columns_may_stand_in_quotes_and_hold_other_delimiters(header: str) -> None:
    (row,) = read(f"{header}\n1{';' if ';' in header else '|'}2{'|3' if '|' in header else ''}\n")
    assert isinstance(row.value, dict)
    assert list(row.value.values())[:2] == ["1", "2"]


def test_a_header_whose_quoted_name_holds_delimiters_is_read() -> None:
    assert good(read('"a;b;c",d\n1,2\n')) == [{"a;b;c": "1", "d": "2"}]


def test_a_quoted_cell_may_run_over_lines_and_the_count_of_lines_goes_on() -> None:
    rows = read('name,notes\nAda,"one\ntwo\n\nthree"\nBob\n')
    assert good(rows) == [{"name": "Ada", "notes": "one\ntwo\n\nthree"}]
    assert bad(rows) == [(6, "cells")]


def test_a_quote_that_is_never_closed_costs_its_own_row_and_no_other() -> None:
    lines = [f"p{number},note {number}" for number in range(10_000)]
    lines[5_000] = 'p5000,"a note without an end'
    rows = read("name,notes\n" + "\n".join(lines))
    assert bad(rows) == [(5_002, "quote")]
    assert len(good(rows)) == 9_999


def test_a_broken_quote_among_quoted_rows_costs_its_own_row_and_no_other() -> None:
    lines = [f'"p{number}","note, {number}"' for number in range(200)]
    lines[100] = '"p100","a note, 100'
    rows = read("name,notes\n" + "\n".join(lines))
    assert [line for line, _ in bad(rows)] == [102]
    assert len(good(rows)) == 199


def test_two_broken_quotes_do_not_make_one_good_row_of_all_between_them() -> None:
    rows = read('name,notes\nA,"open\nB,fine\nC,"open too\nD,fine\n')
    assert bad(rows) == [(2, "quote"), (4, "quote")]
    assert [row["name"] for row in good(rows)] == ["B", "D"]  # type: ignore[index]


def test_a_cell_of_very_many_lines_is_a_lost_quote() -> None:
    rows = read('name,notes\nA,"' + "x\n" * MOST_LINES_OF_A_ROW + '"\n')
    assert bad(rows)[0] == (2, "quote")


def test_an_inch_sign_is_no_quote() -> None:
    assert good(read('name,notes\nA,a 5" pipe\n')) == [{"name": "A", "notes": 'a 5" pipe'}]


def test_bytes_that_are_no_text_cost_their_row_and_no_other() -> None:
    rows = read(b"name,notes\nA,caf\xe9\nB,tea\n")
    assert bad(rows) == [(2, "utf8")]
    assert good(rows) == [{"name": "B", "notes": "tea"}]


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_a_csv_without_a_header_is_malformed(text: str) -> None:
    with pytest.raises(Malformed, match="header"):
        read(text)


def test_ndjson_rows_stay_as_they_are_and_empty_lines_count() -> None:
    assert [(row.line, row.value) for row in read('\ufeff{"a": 1}\n\n  {"b": 2}\nnot json', "ndjson")] == [
        (1, b'{"a": 1}'),
        (3, b'{"b": 2}'),
        (4, b"not json"),
    ]


def test_a_json_file_is_one_row_or_a_list_of_them() -> None:
    assert good(read('{"a": 1}', "json")) == [b'{"a": 1}']
    assert good(read('[{"a": 1}, {"b": 2}]', "json")) == [b'{"a": 1}', b'{"b": 2}']
    for text in ("{", "[" * 100_000):
        with pytest.raises(Malformed):
            read(text, "json")


def test_columns_find_their_fields_by_path_by_name_and_by_what_they_name() -> None:
    cells = {
        "E-Mail": "x",
        "Email": "a@b.example",
        "person.phone": "1",
        "company": "Acme",
        "notes": " ",
        "attribution.gclid": "g",
        "source": "web",
    }
    assert nested(cells, paths_of(LeadSubmitted), rest="attributes") == {
        "source": "web",
        "person": {"email": "a@b.example", "phone": "1"},
        "company": {"name": "Acme"},
        "attribution": {"gclid": "g"},
        "attributes": {"E-Mail": "x"},
    }


def test_a_column_that_no_field_is_called_is_left_out_where_nothing_holds_it() -> None:
    assert nested({"email": "a@b.example", "mood": "bad"}, paths_of(CaseSubmitted), rest=None) == {"contact": {"email": "a@b.example"}}


@pytest.mark.parametrize(
    "cells", [{"attributes": "x", "mood": "bad"}, {"mood": "bad", "attributes": "x"}, {"email": "a@b.example", "person.email.work": "x"}]
)
def test_columns_that_stand_in_the_way_of_each_other_cost_their_row_and_say_so(cells: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        nested(cells, paths_of(LeadSubmitted), rest="attributes")
