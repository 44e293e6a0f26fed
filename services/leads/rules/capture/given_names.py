"""First names: which of them are the same person's, though they are written differently."""

from collections import defaultdict

from jellyfish import metaphone
from nicknames import NickNamer
from rapidfuzz.distance import OSA

# The library knows English names. The full name comes first, what those who bear it are called follows.
_ELSEWHERE = """
    agnieszka aga agnes|aleksander alek olek sasha|aleksandra ola sasha|alessandro sandro ale|alexander alex sascha sasha
    xander|alexandra alex sandra sascha sasha|anastasia nastya asya|andrzej jedrek|anna ania anja annika anke|antonio toni
    tono|barbara basia babsi|bartholomaus barth|bartlomiej bartek|bernhard bernd berni|catherine cathy kate|chiara
    chiaretta|christian chris|christina chris tina|christoph chris stoffel|concepcion concha|dieter didi|dmitri dima mitya|dolores
    lola|eduard edi|eduardo edu lalo|ekaterina katya|elena lena lenka|elisabeth elli elsa lisa lisbeth liesel sissi betty
    beth|enrique quique|ernst ernie|eugen ewgen|ewa ewka|fernando nando|florian flo|francesca franca cesca|francesco franco checco
    cesco|francisco paco pancho kiko|francois fanfan|franz franzl|friedrich fritz fred|gabriele gabi|georg schorsch jorg|gerhard
    gerd|giovanni gianni nino|giuseppe beppe peppe pino|gregor greg|grzegorz grzesiek|guadalupe lupe|guillermo memo guille|gunther
    gunni|hannelore hanne|heinrich heiner heinz hinrich|helena helen lena|henrik henke|ignacio nacho|irina ira|isabel isa bella|ivan
    vanya|jakob jack kuba|jan janek|jean jeannot|jesus chuy|joachim jochen achim|johann hans hannes|johannes hans hannes jo johann
    jan|jorge coque|jose pepe chepe|josef sepp jupp joschi|juan juanito|jurgen jogi|karl charly kalle|karolina karo|katarzyna
    kasia|katharina katha kathi kati kathrin katja kate|klaus claus|konrad conny|konstantin kostya|krzysztof krzysiek|kurt curt|lars
    lasse|leonhard leo|lorenzo renzo|lucia lucy|ludwig lutz luggi wiggerl|luis lucho|luise lulu|magdalena magda lena leni|malgorzata
    gosia|manfred manni|manuel manu manolo|marcin marcinek|margarethe grete gretel margret marga|margarita rita|maria mia marie
    mitzi marichu|mariadolores lola|mats matti|matthias matze hias|maximilian max maxi|michael michi michel mike|michal
    misiek|mikhail misha|miguel migue|monika moni|natalia natasha natalie|nikolai kolya|nikolaus klaus niko niki|olof olle|patrizia
    patty|per pelle|philipp phil|pierre pierrot|pilar pili|piotr piotrek|rafael rafa|raimund raimi|ramon moncho|reinhard
    reini|roberto beto robi|rosario charo|rudolf rudi|rupert rupi|salvatore toto turi|santiago santi|sebastian basti bastian
    seb|sergei seryozha|sergio checo|siegfried sigi|sigrid siri|simone simo|stanislaw staszek|stefan steffen stef stevie|stefanie
    steffi stefania|sven svenne|sylwia sylwka|tadeusz tadek|teresa resi tere|theodor theo|theresia resi|thomas tom tommy tomi|tobias
    tobi|tomasz tomek|ulrich uli ulli|ulrike uli ulli|valentin vali|veronika vroni|vicente chente|victor vitya|viktoria
    vicky|vincenzo enzo|vladimir volodya vova|walter walt|werner wern|wilhelm willi willy helm|wolfgang wolf wolfi|yekaterina
    katya|yevgeny zhenya|zbigniew zbyszek|zofia zosia
"""
# What the library takes for one name, and what is a woman's and a man's.
_NEVER_ONE = """alexandria/alexander andrea/andrew delia/delius edwina/edwin frederica/frederick justina/justin laurinda/lawrence
    lucia/lucius selma/anselm theodosia/theodosius"""
_TWO_PEOPLE = frozenset(frozenset(pair.split("/")) for pair in _NEVER_ONE.split())
_CLOSE_IN_LENGTH = 1


def _called() -> dict[str, frozenset[str]]:
    """By the full name."""
    called: defaultdict[str, set[str]] = defaultdict(set)
    for name, others in NickNamer().nickname_lookup.items():
        called[name] |= others
    for line in _ELSEWHERE.split("|"):
        name, *forms = line.split()
        called[name] |= set(forms)
    return {name: frozenset(others) for name, others in called.items()}


def _full(called: dict[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    full: defaultdict[str, set[str]] = defaultdict(set)
    for name, others in called.items():
        for other in others:
            full[other].add(name)
    return {name: frozenset(names) for name, names in full.items()}


_CALLED = _called()
_FULL = _full(_CALLED)
_NOBODY: frozenset[str] = frozenset()


def is_given_name(name: str) -> bool:
    return name in _CALLED or name in _FULL


def are_forms_of_one(one: str, other: str) -> bool:
    """Bill and William, Bill and Will; both folded. Andrea is no Andrew, whatever tables say."""
    if frozenset((one, other)) in _TWO_PEOPLE:
        return False
    if other in _CALLED.get(one, _NOBODY) or one in _CALLED.get(other, _NOBODY):
        return True
    shared = _FULL.get(one, _NOBODY) & _FULL.get(other, _NOBODY)
    return any(len(name) >= max(len(one), len(other)) for name in shared)


def are_spellings_of_one(one: str, other: str) -> bool:
    """Erik and Eric sound alike; Jhon is a slip. Two that are both names of their own, and sound different, are two people's."""
    if _is_other_gender(one, other) or min(len(one), len(other)) < 3:
        return False
    if is_given_name(one) and is_given_name(other):
        return metaphone(one) == metaphone(other) and one[0] == other[0]
    return OSA.distance(one, other, score_cutoff=2) <= (1 if min(len(one), len(other)) < 7 else 2)


def _is_other_gender(one: str, other: str) -> bool:
    """Daniel and Daniela, Mario and Maria, Christian and Christina: one letter apart, and never the same."""
    return abs(len(one) - len(other)) <= _CLOSE_IN_LENGTH and one.rstrip("h").endswith("a") != other.rstrip("h").endswith("a")
