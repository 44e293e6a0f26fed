"""A CSV of companies, read row by row: by what each is found, and its cells."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from services.leads.rules.capture.mapping import mapping_of
from services.leads.rules.capture.names import country_of
from services.leads.rules.enrichment.companies import stems_of
from shared.domains import domain_of
from shared.errors import Invalid, Malformed
from shared.names import company_key

SEPARATORS = ",;\t|"
_FOUND_BY = ("company.domain", "company.name", "company.country")


class CompanyRows:
    """`columns` are the names of the cells. Raises Malformed for what is no CSV, Invalid when nothing tells whose row it is."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = _decoded(lines)
        heading = next(self._lines, "").lstrip("\ufeff").rstrip("\r\n")
        separator = max(SEPARATORS, key=heading.count)
        self.columns = [column.strip() for column in next(csv.reader([heading], delimiter=separator), [])]
        self._reader = csv.reader(self._lines, delimiter=separator, strict=True)
        self._places = _places(self.columns)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Those by which somebody can be found."""
        try:
            for cells in self._reader:
                if len(cells) != len(self.columns) and any(cells):
                    raise Malformed(f"A row has {len(cells)} cells: {self._where()}", field="file", rule="columns")
                row = self._row(cells) if any(cells) else {"domain": "", "name": ""}
                if row["domain"] or row["name"]:
                    yield row
        except csv.Error as error:
            raise Malformed(f"This is no CSV: {self._where()}", field="file", rule="csv") from error

    def _row(self, cells: list[str]) -> dict[str, Any]:
        domain, name, country = (cells[place].strip() if place is not None else "" for place in self._places)
        key = company_key(name)
        found_by = {"domain": domain_of(domain) or "", "name": key, "country": country_of(country) or ""}
        return {**found_by, "stems": stems_of(key), "cells": cells}

    def _where(self) -> str:
        return f"line {self._reader.line_num + 1}"


def _decoded(lines: Iterable[str]) -> Iterator[str]:
    try:
        yield from lines
    except UnicodeDecodeError as error:
        raise Malformed("The file is not UTF-8", field="file", rule="utf8") from error


def _places(columns: list[str]) -> list[int | None]:
    mapping: Mapping[str, str] = mapping_of(columns, {})
    by_path = {path: columns.index(column) for column, path in mapping.items()}
    if "company.domain" not in by_path and "company.name" not in by_path:
        raise Invalid("A file of companies needs a column of domains or of names", field="file", rule="heading")
    return [by_path.get(path) for path in _FOUND_BY]
