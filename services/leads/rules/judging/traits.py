"""What is known of a lead in few words, such as `source=partner`: what earlier sales are learned from. Nothing of the person is in them."""

from bisect import bisect_right
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from services.leads.models import LeadDocument
from services.leads.rules.judging.vocabulary import decides, months_until
from shared.domains import business_domain

MOST_LETTERS = 40
_SIZES = (1, 10, 50, 250, 1000)
_AMOUNTS = (1, 1_000, 5_000, 20_000, 100_000, 1_000_000)
_REVENUES = (1, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000)
_MONTHS = (1, 4, 7, 13)
_ENGAGEMENTS = (1, 5, 20, 40)
_CREDITS = (20, 40, 60, 80)


def traits_of(lead: LeadDocument, engagement: int) -> list[str]:
    """One of each kind."""
    person, company, interest = lead["person"], lead["company"], lead["interest"]
    email = person.get("email")
    return [
        f"source={lead['source']}",
        f"country={company.get('country', '')}",
        f"industry={_word(company, 'industry')}",
        f"product={_word(interest, 'product')}",
        f"campaign={_word(lead['attribution'], 'campaign')}",
        f"employees={bisect_right(_SIZES, company.get('employees') or 0)}",
        f"revenue={bisect_right(_REVENUES, float(company.get('annual_revenue') or 0))}",
        f"budget={bisect_right(_AMOUNTS, float(interest.get('budget') or 0))}",
        f"months={bisect_right(_MONTHS, months_until(interest.get('timeline') or ''))}",
        f"engagement={bisect_right(_ENGAGEMENTS, engagement)}",
        f"credit={_credit(lead)}",
        f"decides={decides(person.get('title') or '')}",
        f"email={'none' if email is None else 'own' if business_domain(email) else 'free'}",
        f"phone={'phone' in person}",
        f"need={'need' in interest}",
        f"consent={lead['consent'].get('marketing') is True}",
    ]


def kind_of(trait: str) -> str:
    return trait.partition("=")[0]


def _word(part: Mapping[str, Any], field: str) -> str:
    return (part.get(field) or "").casefold()[:MOST_LETTERS]


def _credit(lead: LeadDocument) -> str:
    """As a provider rated it, if one did."""
    for fields in lead.get("enrichment", {}).values():
        score = fields.get("credit_score")
        if isinstance(score, int | float | Decimal):
            return str(bisect_right(_CREDITS, score))
    return ""
