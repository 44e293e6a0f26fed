"""What a fresh installation starts with: a useful way to judge leads, two teams to send them to, and the usual sources."""

from services.leads.models import UNKNOWN_SOURCE, CriteriaSet, Criterion, FieldWeight, MatchingSet, RoutingRule, RoutingSet, SourceKind

EUROPE = "europe"
WORLD = "world"
_EUROPE = "AL AT BE BG CH CY CZ DE DK EE ES FI FR GB GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO RS SE SI SK UA"
# Of a hundred, as credit bureaus rate.
_BAD_RISK = 20
_UNDER_EMBARGO = ("CU", "IR", "KP", "SY")


def default_criteria() -> CriteriaSet:
    """Budget, authority, need and time, and how sure we are whom we talk to. The points add up to a hundred."""
    return CriteriaSet(
        threshold=40,
        criteria=[
            _gate("reachable", "can be reached by e-mail or phone", "person.email != '' || person.phone != ''"),
            _gate("country-open", "is in a country that we sell to", f"!(company.country in {list(_UNDER_EMBARGO)})"),
            _gate("credit", "is not known to be a bad risk", f"!('credit_score' in enrichment) || enrichment.credit_score >= {_BAD_RISK}"),
            _worth(20, "budget", "names a budget of 5,000 or more", "interest.budget >= 5000"),
            _worth(15, "timeline", "wants to buy within six months", "interest.months <= 6"),
            _worth(15, "decision-maker", "has a title of somebody who decides", "person.decides"),
            _worth(10, "need", "says what it is for", "interest.need != '' || interest.product != ''"),
            _worth(10, "company-size", "works for a company of 50 or more", "company.employees >= 50"),
            _worth(10, "business-email", "writes from an address of a company", "person.business_email"),
            _worth(10, "phone", "can be called", "person.phone != ''"),
            _worth(5, "consent", "agrees to be written to", "consent.marketing"),
            _worth(5, "good-source", "was sent by somebody who knows them", "source.contains('partner') || source.contains('referral')"),
        ],
    )


def _worth(points: int, name: str, text: str, expression: str) -> Criterion:
    return Criterion(name=name, text=text, expression=expression, points=points)


def _gate(name: str, text: str, expression: str) -> Criterion:
    return Criterion(name=name, text=text, expression=expression, gate=True)


def default_routing() -> RoutingSet:
    in_europe = f"company.country in {_EUROPE.split()}"
    return RoutingSet(
        rules=[
            RoutingRule(name="existing-customer", text="a customer already: to whom they know", expression="true", account_owner=True),
            RoutingRule(name="europe", text="the company is in Europe", expression=in_europe, team_id=EUROPE),
            RoutingRule(name="everyone-else", text="the company is elsewhere, or doesn't say where", expression="true", team_id=WORLD),
        ]
    )


def default_matching() -> MatchingSet:
    """Measured by `make bench duplicates`; a name at a company is not enough when the addresses there are two."""
    return MatchingSet(
        merge_from=76,
        review_from=58,
        weights=[
            FieldWeight(field="first_name", agrees=26, differs=60),
            FieldWeight(field="last_name", agrees=32, differs=40),
            FieldWeight(field="email", agrees=60, differs=30),
            FieldWeight(field="phone", agrees=45, differs=10),
            FieldWeight(field="company", agrees=26, differs=12),
            FieldWeight(field="country", agrees=0, differs=8),
            FieldWeight(field="place", agrees=6, differs=6),
        ],
    )


TEAMS = {EUROPE: "Europe", WORLD: "Rest of the world"}
# Id, name, team.
REPS = (
    ("ana", "Ana Ribeiro", EUROPE),
    ("bruno", "Bruno Keller", EUROPE),
    ("chloe", "Chloé Martin", EUROPE),
    ("devi", "Devi Raman", WORLD),
    ("emeka", "Emeka Obi", WORLD),
    ("fay", "Fay Whitlock", WORLD),
)
MAIL_DOMAIN = "dealwire.example"
SOURCES: dict[str, SourceKind] = {
    "web": "web",
    "web-form": "web",
    "mail": "mail",
    "newsletter": "mail",
    "chat": "chat",
    "call": "call",
    "event": "event",
    "fair": "event",
    "trade-fair": "event",
    "webinar": "event",
    "partner": "partner",
    "partner-portal": "partner",
    "supplier": "supplier",
    "supplier-referral": "supplier",
    "retailer": "retailer",
    "reseller": "retailer",
    "distributor": "distributor",
    "customer-service": "customer_service",
    "field-sales": "field_sales",
    "direct-mail": "direct_mail",
    "telemarketing": "telemarketing",
    "ads": "ad_platform",
    "import": "import",
    UNKNOWN_SOURCE: "other",
}
