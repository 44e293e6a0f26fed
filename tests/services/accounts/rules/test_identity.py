"""Which account a deal belongs to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.accounts.rules.identity import company_identity, identities_of, matching_account, name_of
from shared.events import Company, Person
from tests.services.accounts.builders import ACME, ANA, an_account, won_deal


@pytest.mark.parametrize(
    "written", ["Müller & Söhne GmbH", "MULLER & SOHNE", "Müller-Söhne", "Müller  &  Söhne GmbH & Co. KGaA", "müller, söhne", "MüllerSöhne"]
)
def test_a_company_is_the_same_however_it_is_written(written: str) -> None:
    assert company_identity(written, "de ") == "company:mullersohne|DE"


@pytest.mark.parametrize("nothing", ["", "!!!", None])
def test_a_company_is_not_known_by_a_name_without_letters(nothing: str | None) -> None:
    assert company_identity(nothing, "DE") is None


@given(st.text(max_size=40))
def test_whatever_surrounds_a_name_changes_nothing(name: str) -> None:
    assert company_identity(name, None) == company_identity(f" {name}\n", None)


def test_a_company_is_known_by_its_domain_before_its_name() -> None:
    assert identities_of(ANA, ACME) == ("domain:acme.example", "company:acme|DE")


def test_a_person_counts_only_where_there_is_no_company() -> None:
    (identity,) = identities_of(ANA, Company())
    assert identity.startswith("email:")
    assert "ana" not in identity
    assert identities_of(Person(email=" ANA@acme.example"), Company()) == (identity,)


def test_the_domain_of_a_mail_provider_is_nobodys() -> None:
    (identity,) = identities_of(Person(email="ana@gmail.com"), Company(domain="gmail.com"))
    assert identity.startswith("email:")


def test_nobody_in_particular_has_no_identity() -> None:
    assert identities_of(Person(first_name="Ana"), Company(country="DE")) == ()


def test_the_stronger_identity_wins() -> None:
    by_domain, by_name = an_account(), an_account(domain=None)
    found = matching_account(("domain:acme.example", "company:acme|DE"), {"domain:acme.example": by_domain, "company:acme|DE": by_name})
    assert found == (by_domain, "domain")


def test_one_name_with_two_domains_is_two_companies() -> None:
    other = an_account(domain="acme-toys.example")
    assert matching_account(("domain:acme.example", "company:acme|DE"), {"company:acme|DE": other}) is None


def test_a_name_is_enough_where_one_side_has_no_domain() -> None:
    account = an_account(domain=None)
    assert matching_account(("domain:acme.example", "company:acme|DE"), {"company:acme|DE": account}) == (account, "company")


@pytest.mark.parametrize(
    ("company", "person", "name"),
    [
        (ACME, ANA, "Acme GmbH"),
        (Company(domain="www.acme.example"), ANA, "acme.example"),
        (Company(), ANA, "Ana Silva"),
        (Company(), Person(email="ana@acme.example"), "Private customer"),
    ],
)
def test_a_customer_is_called_by_the_best_name_there_is(company: Company, person: Person, name: str) -> None:
    assert name_of(won_deal(company=company, person=person)) == name


def test_the_longest_names_fit_into_one() -> None:
    person = Person(first_name="A" * 300, last_name="B" * 300)
    assert len(name_of(won_deal(company=Company(), person=person))) == 300
