"""The words that months are made of: made-up people, firms and sentences. Addresses end in .example, numbers in a row of zeros."""

from typing import NamedTuple


class Country(NamedTuple):
    """`phone` lacks its last four digits."""

    code: str
    currency: str
    phone: str
    legal_form: str
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]


COUNTRIES = (
    Country("DE", "EUR", "+491512345", "GmbH", ("Anke", "Jonas", "Maren", "Tilo", "Heike"), ("Vogt", "Petersen", "Kuhn", "Brandt")),
    Country("SE", "EUR", "+4670123", "AB", ("Ebba", "Mats", "Linnea", "Nils"), ("Lindqvist", "Holm", "Åkesson", "Nyström")),
    Country("GB", "GBP", "+44740012", "Ltd", ("Gemma", "Rhys", "Priya", "Callum"), ("Whitfield", "Okafor", "Hughes", "Marsh")),
    Country("FR", "EUR", "+3361234", "SARL", ("Camille", "Luc", "Inès", "Hugo"), ("Fournier", "Besson", "Marchand", "Roche")),
    Country("PL", "EUR", "+4851212", "Sp. z o.o.", ("Kasia", "Marek", "Ola", "Piotr"), ("Kamińska", "Wrona", "Zając", "Lis")),
    Country("US", "USD", "+1206555", "Inc.", ("Dana", "Earl", "Imani", "Scott"), ("Castellano", "Jackson", "Reyes", "Boone")),
)
FIRM_FIRST = ("Nordlicht", "Kestrel", "Porto", "Alder", "Granite", "Juniper", "Solent", "Tramonti", "Vistula", "Bayou", "Harbour", "Larch")
FIRM_SECOND = ("Brewing", "Components", "Logistics", "Foods", "Textiles", "Instruments", "Shipping", "Glass", "Packaging", "Bakeries")
DECIDERS = ("Managing Director", "Head of Procurement", "VP Operations", "CFO", "Owner")
OTHERS = ("Maintenance lead", "Quality Manager", "IT Manager", "Logistics Coordinator")
PRODUCTS = {
    "Line Monitor": ("Two unplanned stops a week on line 3", 18_000),
    "Fleet Tracker": ("Insurance asks for trip records", 12_500),
    "Cold Chain Kit": ("Lost a pallet of vaccines in August", 26_000),
    "Service Desk": ("Complaints live in three inboxes", 9_000),
    "Analytics Suite": ("A spreadsheet with forty tabs broke", 31_000),
}
SOON, LATER = ("this month", "this quarter", "3 months"), ("6 months", "next year", "just looking")
ASKED_AGAIN = "Asked again, in a hurry now"
WEB_SOURCES = ("web-form", "customer-service", "partner-portal")
FEED_SOURCES = ("webinar", "telemarketing", "reseller")
FILE_SOURCE = "trade-fair"
CALLS = (
    "First call: what hurts today",
    "Walked through the line with them",
    "Demo for the team",
    "Went over the offer",
    "Called about open points",
)
PROMISES = ("send the reference list", "name a date for the pilot", "return the security questionnaire", "confirm the week")
EXPECTATIONS = (
    "Runs before the next audit",
    "Answer within a working day",
    "Staff trained in one afternoon",
    "Pays for itself within a year",
)
WON_BECAUSE = ("best_fit", "best_fit", "relationship", "service", "price")
LOST_BECAUSE = ("price", "competitor", "no_decision", "timing", "no_budget", "missing_feature")
DELIGHTED = ("On time, and it simply works.", "Training was the best hour of the month.", "Better than what we were promised.")
CONTENT = ("Does what it should. The manual could be shorter.", "Good people. Delivery a day late.")
DISAPPOINTED = ("Half of the sensors came without cables.", "Nobody called back for a week.")
COMPLAINTS = (
    ("Dashboard shows yesterday's numbers", "Since the update the screen is a day behind. The shift leads stopped trusting it.", "high"),
    ("All sensors of hall 2 are silent", "Hall 2 has been blind since the night shift and we are shipping vaccines.", "critical"),
    ("Invoice names the wrong legal entity", "Please send it again with our new name.", "low"),
)
RESOLUTION = "Firmware 3.2 refreshes every ten seconds; installed with their IT, checked together on the screen."
