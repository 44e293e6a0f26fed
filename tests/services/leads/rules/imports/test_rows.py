"""Files, cut into rows so that a broken one costs nobody else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.leads.rules.capture.mapping import Plan, mapping_of
from services.leads.rules.imports.rows import MOST_LINES, Dialect, Row, cut_rows, read_heading
from shared.errors import Invalid, Malformed


def cut(text: str, width: int = 3, *, most: int = 10_000, final: bool = True) -> list[Row]:
    return cut_rows(text.encode(), Dialect(",", width), most=most, final=final).rows


def good(rows: list[Row]) -> list[list[str]]:
    return [row.cells for row in rows if row.violation is None]


def bad(rows: list[Row]) -> list[tuple[int, str]]:
    return [(row.line, row.violation.rule) for row in rows if row.violation is not None]


def test_quoted_cells_may_hold_separators_quotes_and_lines() -> None:
    rows = cut('a,"b,""x""","c\nd"\r\ne,f,g\n')
    assert good(rows) == [["a", 'b,"x"', "c\nd"], ["e", "f", "g"]]
    assert [row.line for row in rows] == [0, 2]


def test_a_broken_quote_in_ten_thousand_rows_costs_its_own_row_only() -> None:
    lines = [f'{n},"Doe, Jo {n}",x' if n % 7 == 0 else f"{n},Jo,x" for n in range(10_000)]
    lines[5_000] = '5000,"Ana Silva,x'
    rows = cut("\n".join(lines))
    assert bad(rows) == [(5_000, "quote")]
    assert [cells[0] for cells in good(rows)] == [str(n) for n in range(10_000) if n != 5_000]


def test_a_quote_that_is_never_closed_costs_its_own_row_only() -> None:
    lines = [f"{n},b,c" for n in range(200)]
    lines[100] = '100,"b,c'
    rows = cut("\n".join(lines))
    assert bad(rows) == [(100, "quote")]
    assert len(good(rows)) == 199


def test_a_row_that_is_too_wide_or_too_narrow_is_rejected() -> None:
    assert bad(cut("a,b,c,d\na,b\na,b,c")) == [(0, "columns"), (1, "columns")]


def test_a_line_that_is_not_utf8_is_rejected_alone() -> None:
    found = cut_rows("a,b,c\nä,b,c\n".encode() + b"\xff,b,c\nd,e,f", Dialect(",", 3), most=10, final=True).rows
    assert bad(found) == [(2, "encoding")]
    assert len(good(found)) == 3


def test_empty_lines_are_no_rows() -> None:
    assert good(cut("a,b,c\n\n \r\nd,e,f\n")) == [["a", "b", "c"], ["d", "e", "f"]]


_cells = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\r\x00"), max_size=6)


@given(st.lists(st.tuples(_cells, _cells, _cells), max_size=12), st.integers(1, 5), st.integers(1, 60))
def test_a_file_read_in_windows_has_the_rows_of_the_file_read_at_once(rows: list[tuple[str, str, str]], most: int, size: int) -> None:
    data = "".join(",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row) + "\n" for row in rows).encode()
    whole = cut_rows(data, Dialect(",", 3), most=10_000, final=True)
    position, line, found = 0, 0, list[tuple[int, list[str]]]()
    while position < len(data):
        step = size
        part = cut_rows(data[position : position + step], Dialect(",", 3), most=most, final=position + step >= len(data))
        while part.end == 0 or any(row.violation for row in part.rows):  # a window that holds no whole row is made larger
            step += size
            part = cut_rows(data[position : position + step], Dialect(",", 3), most=most, final=position + step >= len(data))
        found += [(line + row.line, row.cells) for row in part.rows]
        position, line = position + part.end, line + part.lines
    assert found == [(row.line, row.cells) for row in whole.rows]
    assert [cells for _, cells in found] == [list(row) for row in rows]


def test_a_window_does_not_decide_about_a_row_that_may_go_on_behind_it() -> None:
    part = cut_rows(b'a,b,c\nd,"e\n', Dialect(",", 3), most=10, final=False)
    assert (good(part.rows), part.end, part.lines) == ([["a", "b", "c"]], 6, 1)
    assert MOST_LINES > 2


@pytest.mark.parametrize(("beginning", "separator"), [(b"a,b\n1,2", ","), (b"a;b;c", ";"), (b"\xef\xbb\xbfa\tb\r\n", "\t")])
def test_the_heading_tells_columns_and_separator(beginning: bytes, separator: str) -> None:
    heading = read_heading(beginning)
    assert (heading.separator, heading.columns[:2]) == (separator, ["a", "b"])


def test_a_separator_within_quotes_separates_nothing() -> None:
    heading = read_heading(b'"Name, first, last";Email\n')
    assert (heading.separator, heading.columns) == (";", ["Name, first, last", "Email"])


@pytest.mark.parametrize("beginning", [b"", b"\n1,2", b"\xff\xfea\x00", b"PK\x03\x04\x00\x00"])
def test_what_is_no_csv_is_refused(beginning: bytes) -> None:
    with pytest.raises(Malformed):
        read_heading(beginning)


def test_columns_that_are_named_twice_are_refused() -> None:
    with pytest.raises(Invalid):
        read_heading(b"mail,name,mail\n")


def test_columns_go_where_their_headings_say_and_strange_ones_are_kept_as_attributes() -> None:
    mapping = mapping_of(["E-Mail", "Vorname", "Firma", "Land", "Shoe size", ""], {})
    assert mapping == {
        "E-Mail": "person.email",
        "Vorname": "person.first_name",
        "Firma": "company.name",
        "Land": "company.country",
        "Shoe size": "attributes.Shoe size",
    }


def test_a_mapping_overrules_headings_and_can_leave_a_column_out() -> None:
    mapping = mapping_of(["email", "mail", "junk"], {"mail": "attributes.second", "junk": ""})
    assert mapping == {"email": "person.email", "mail": "attributes.second"}


@pytest.mark.parametrize(
    "wanted", [{"nowhere": "person.email"}, {"mail": "person.shoe_size"}, {"mail": "person.email", "other": "person.email"}]
)
def test_a_mapping_that_does_not_fit_the_file_is_refused(wanted: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        mapping_of(["mail", "other"], wanted)


def test_a_row_becomes_a_submission() -> None:
    columns = ["mail", "employees", "consent_marketing", "note"]
    submission = Plan(columns, mapping_of(columns, {})).submission_of(Row(0, "", ["ana@x.example", " 12 ", "yes", ""]), {"source": "fair"})
    assert (submission.source, submission.company.employees, submission.consent.marketing) == ("fair", 12, True)
    assert submission.attributes == {}


@pytest.mark.parametrize(
    ("cells", "column", "rule"),
    [
        (["ana@x.example", "-5", ""], "Budget", "greater_than_equal"),
        (["jo@", "", ""], "Mail", "email"),
        (["", "", ""], "person", "identity_required"),
        (["ana@x.example", "", "2026-03-02T10:00:00"], "When", "timezone_aware"),
    ],
)
def test_what_is_wrong_with_a_row_is_said_by_column(cells: list[str], column: str, rule: str) -> None:
    columns = ["Mail", "Budget", "When"]
    with pytest.raises(Invalid) as refused:
        Plan(columns, mapping_of(columns, {"When": "submitted_at"})).submission_of(Row(0, "", cells), {"source": "fair"})
    assert [(one.field, one.rule) for one in refused.value.violations] == [(column, rule)]
