"""What people and companies are called, by country: the commonest names first, as they are drawn."""

import random
from dataclasses import dataclass

_FIRST = {
    "DE": """Thomas Michael Andreas Stefan Christian Martin Peter Frank Markus Daniel Matthias Alexander Jan Tobias Sebastian Florian Klaus
        Wolfgang Jürgen Katharina Julia Christina Stefanie Anna Sabine Petra Martina Daniela Claudia Andrea Susanne Monika Johannes
        Josef Friedrich Karl Maximilian Ulrich Elisabeth Margarethe Franziska Lena Hannelore Paul Paula Jana Erik Erika""",
    "GB": """James John Robert William David Richard Thomas Christopher Daniel Matthew Anthony Andrew Edward Steven Joseph Benjamin Samuel
        Patrick Alexander Nicholas Elizabeth Margaret Jennifer Catherine Sarah Susan Patricia Rebecca Victoria Deborah Barbara Rachel
        Alice Olivia Emily Charlotte Philip Philippa Louis Louise George Georgina""",
    "US": """Michael Robert James William Joshua Timothy Gregory Jeffrey Kenneth Ronald Douglas Lawrence Raymond Samuel Theodore Jessica
        Kimberly Amanda Melissa Stephanie Pamela Christine Katherine Theresa Madison Brandon Tyler Kayla Denise Eugene Eric Erica Carl
        Carla""",
    "ES": """José Antonio Francisco Manuel Juan Javier Jesús Ignacio Enrique Guillermo Rafael Carmen Dolores Pilar Isabel Concepción Rosario
        Lucía Elena Teresa Mario María Pablo Paula Daniel Daniela Fernando Fernanda Luis Luisa""",
    "PL": """Piotr Krzysztof Andrzej Tomasz Jan Paweł Michał Marcin Grzegorz Aleksander Anna Katarzyna Małgorzata Agnieszka Barbara Zofia
        Aleksandra Magdalena Stanisław Zbigniew Ewa Karol Karolina""",
    "SE": """Lars Anders Johan Erik Per Karl Björn Göran Åke Henrik Anna Eva Karin Birgitta Kristina Margareta Elisabeth Ingrid Maja Saga
        Nils Sven""",
}
_LAST = {
    "DE": """Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Bauer Richter Klein Wolf Schröder
        Neumann Schwarz Zimmermann Braun Krüger Hofmann Hartmann Lange Schmitt Werner Krause Meier Lehmann Köhler Maier Kaiser Fuchs
        Peters Scholz Möller Weiß Jung Hahn Vogel Friedrich Günther Keller Berger Winkler Roth Beck Lorenz Baumann Franke Albrecht
        Ludwig Winter Simon Kraus Böhm Schumacher Krämer Vogt Stein Jäger Otto Sommer Groß Seidel Brandt Haas Schreiber Graf Dietrich
        Ziegler Kuhn Kühn Pohl Engel Horn Busch Bergmann Voigt Sauer Arnold Pfeiffer Achleitner Ostertag Wittgenfeld Rabenhorst
        Tiefenbach Quandt""",
    "GB": """Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans Walker White Roberts Green Hall Wood
        Jackson Clarke Clark Patel Khan Lewis Harris Cooper King Baker Turner Hill Ward Morris Moore Bell Watson Harrison Morgan Young
        Allen Mitchell Anderson Phillips Parker Bennett Campbell Stewart Marshall Murphy Gray Ellis Hughes Fairweather Ashcombe
        Thistlewood Pemberton Whitcombe Hargreaves Featherstone Longbottom""",
    "US": """Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson Anderson Thomas
        Taylor
        Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis Robinson Walker Young Allen King Wright Scott
        Torres Nguyen Hill Flores Green Adams Nelson Baker Hall Rivera Campbell Mitchell Carter Roberts Kowalczyk Vandermeer Castellano
        McAllister OConnell Blankenship Yarborough""",
    "ES": """García Rodríguez González Fernández López Martínez Sánchez Pérez Gómez Martín Jiménez Ruiz Hernández Díaz Moreno Muñoz Álvarez
        Romero Alonso Gutiérrez Navarro Torres Domínguez Vázquez Ramos Gil Ramírez Serrano Blanco Molina Morales Suárez Ortega Delgado
        Castro Ortiz Rubio Marín Sanz Iglesias Zubizarreta Etxeberria""",
    "PL": """Nowak Kowalski Wiśniewski Wójcik Kowalczyk Kamiński Lewandowski Zieliński Szymański Woźniak Dąbrowski Kozłowski Jankowski Mazur
        Kwiatkowski Krawczyk Kaczmarek Piotrowski Grabowski Pawłowski Michalski Król Wieczorek Jabłoński Wróbel Stępień Malinowski""",
    "SE": """Andersson Johansson Karlsson Nilsson Eriksson Larsson Olsson Persson Svensson Gustafsson Pettersson Jonsson Jansson Hansson
        Bengtsson Lindberg Jakobsson Magnusson Lindström Olofsson Lindqvist Lindgren Berg Axelsson Bergström Lundberg Lind Lundgren
        Wallin Engström""",
}
_STEMS = """Acme Alpin Amber Anker Apex Arctic Atlas Aurora Baltic Beacon Birch Blau Bright Cascade Cedar Citrus Cobalt Copper Crest Delta
        Dorado Eagle Echo Elbe Ember Falcon Fjord Forge Garnet Glacier Granite Hanse Harbor Helios Horizon Iberia Indigo Iris Isar Jade
        Juno Kepler Kestrel Lakeside Lumen Luna Magnolia Maple Meridian Mistral Mosel Nautic Nimbus Nordic Nova Oak Olive Onyx Orion
        Osprey Pacific Pinnacle Polar Prairie Quarry Quartz Rhein Ridge River Saffron Sierra Silver Solar Spruce Summit Sunridge Tatra
        Terra Titan Trident Union Vega Velvet Verde Vista Vulcan Weser Willow Yukon Zenith Zephyr"""
_TRADES = """Pumps Solar Tooling Logistics Foods Medical Textiles Robotics Chemicals Software Analytics Energy Marine Optics Plastics Steel
        Packaging Timber Ceramics Instruments Electronics Furniture Glass Motors Pharma Printing Security Systems Trading Valves Werke
        Works Dental Dairy Farms Hotels Insurance Media Metals Partners"""
_FORMS = {"DE": ("GmbH", "AG", "GmbH & Co. KG"), "GB": ("Ltd", "Limited", "PLC"), "US": ("Inc.", "LLC", "Corp."), "ES": ("S.A.", "S.L.")}
_FORMS |= {"PL": ("Sp. z o.o.", "S.A."), "SE": ("AB", "Aktiebolag")}
_MADE_UP = """ba bel bri cal co dan del do em fa fin gra hal in ka kor la lem lo ma mer mi nor o pa per ra rin sa sol ta tem ti va vel
    xo zan"""
_SYLLABLES = _MADE_UP.split()
FIRST = {country: names.split() for country, names in _FIRST.items()}
LAST = {country: names.split() for country, names in _LAST.items()}
STEMS, TRADES = _STEMS.split(), _TRADES.split()
COUNTRIES = tuple(FIRST)
PREFIXES = {"DE": "+49171", "GB": "+447400", "US": "+12125", "ES": "+34612", "PL": "+48512", "SE": "+4670"}
DIGITS = {"DE": 7, "GB": 6, "US": 6, "ES": 6, "PL": 6, "SE": 7}
FREE_MAIL = ("gmail.com", "gmx.de", "outlook.com", "yahoo.com", "web.de")


def drawn(rng: random.Random, names: list[str]) -> str:
    """The first far oftener than the last, as it is with names."""
    return names[min(len(names) - 1, int(len(names) * rng.random() ** 1.6))]


@dataclass(frozen=True, slots=True)
class Firm:
    name: str
    form: str
    domain: str
    country: str
    reception: str


def firm(rng: random.Random, number: int, family: str | None = None) -> Firm:
    """Now and then named after a family; some share their first word with others."""
    country = rng.choice(COUNTRIES)
    name = f"{family or _stem(rng)} {rng.choice(TRADES)}"
    if rng.random() < 0.3:
        name += f" {rng.choice(TRADES)}"
    ending = rng.choice((".example", ".com", ".co", ".net"))
    separator = rng.choice(("", "-"))
    domain = separator.join(name.lower().split()) + (f"{separator}{number}" if rng.random() < 0.15 else "") + ending
    return Firm(name, rng.choice(_FORMS[country]), domain, country, phone(rng, country))


def _stem(rng: random.Random) -> str:
    """A word that everybody knows, or one that somebody made up."""
    if rng.random() < 0.4:
        return rng.choice(STEMS)
    return "".join(rng.choice(_SYLLABLES) for _ in range(rng.choice((2, 3, 3)))).capitalize()


def phone(rng: random.Random, country: str) -> str:
    return PREFIXES[country] + "".join(rng.choice("0123456789") for _ in range(DIGITS[country]))
