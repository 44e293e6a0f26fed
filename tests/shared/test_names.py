"""Names of companies, however they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.names import company_key


@pytest.mark.parametrize(
    ("names", "key"),
    [
        (("Acme GmbH", "ACME, Inc.", " acme ltd "), "acme"),
        (("Müller GmbH & Co. KG", "MULLER", "Müller AG"), "muller"),
        (("Officine Tramonti S.p.A.", "officine tramonti"), "officine tramonti"),
        (("O'Neil-Smith Ltd", "ONeil Smith", "O’Neil Smith"), "oneilsmith"),
        (("Vistula Components Sp. z o.o.", "Vistula Components"), "vistula components"),
        (("AB", "A.B."), "ab"),
        (("Wisła Spółka z o.o.", "Wisła"), "wisła"),
        (("北京 Technology Co., Ltd.", "北京 technology"), "北京 technology"),
        (("GmbH", "gmbh"), "gmbh"),
    ],
)
def test_companies_are_compared_without_legal_form_case_and_accents(names: tuple[str, ...], key: str) -> None:
    assert {company_key(name).replace(" ", "") for name in names} == {key.replace(" ", "")}


@pytest.mark.parametrize(
    ("one", "other"),
    [("सीता", "सोता"), ("กิน", "กัน"), ("バンク", "ハンク"), ("Ørsted", "Rsted"), ("Groß", "Gro"), ("北京 Trade", "上海 Trade")],
)
def test_words_that_differ_in_more_than_accents_are_two(one: str, other: str) -> None:
    assert company_key(one) != company_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("José Müller", "jose muller"),
        ("Ełk", "EŁK"),
        ("مُحَمَّد", "محمد"),
        ("Αθήνα", "ΑΘΗΝΑ"),
        ("Ｆｉｒｍａ", "firma"),
        ("ガス", "ｶﾞｽ"),
        ("Groß", "GROSS"),
    ],
)
def test_words_that_differ_in_accents_alone_are_one(one: str, other: str) -> None:
    assert company_key(one) == company_key(other)


@given(st.text(max_size=40))
def test_the_key_of_a_company_is_its_own_key(name: str) -> None:
    assert company_key(company_key(name)) == company_key(name)
