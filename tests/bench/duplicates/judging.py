"""What the default policy makes of a labelled crowd, by the very rules of the service, in memory."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from services.leads.models import LeadDocument
from services.leads.rules.capture.identity import taken_in
from services.leads.rules.capture.merging import merged_parts
from services.leads.rules.duplicates.blocks import blocks_of
from services.leads.rules.duplicates.likeness import likeness_of
from services.leads.rules.duplicates.matching import Comparing, Matcher
from services.leads.rules.judging.defaults import default_matching
from tests.bench.duplicates.people import Labelled

MOST_IN_A_BLOCK = 50


@dataclass(frozen=True, slots=True)
class Result:
    """Counted in pairs of submissions: those of one person, and those that came to lie in one lead."""

    true_positives: int
    false_positives: int
    false_negatives: int
    in_review: int
    found_in_review: int

    @property
    def precision(self) -> float:
        return self.true_positives / max(1, self.true_positives + self.false_positives)

    @property
    def recall(self) -> float:
        return self.true_positives / max(1, self.true_positives + self.false_negatives)

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / max(1e-9, self.precision + self.recall)


@dataclass
class Ledger:
    """Leads in memory, found by key and by block as in the service."""

    matcher: Matcher = field(default_factory=lambda: Matcher(default_matching()))
    leads: dict[int, LeadDocument] = field(default_factory=dict)
    people: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    reviews: dict[tuple[int, int], Comparing] = field(default_factory=dict)
    mistakes: list[tuple[Any, Any, Comparing]] = field(default_factory=list)
    _by_key: dict[str, int] = field(default_factory=dict)
    _by_block: defaultdict[str, set[int]] = field(default_factory=lambda: defaultdict(set))

    def take(self, row: Labelled, number: int) -> None:
        intake = taken_in(row.submission)
        if intake.refusal is not None:
            return
        lead_id = self._known(intake.parts)
        if lead_id is None:
            lead_id = number
            self.leads[lead_id] = intake.parts
        else:
            self.leads[lead_id] |= merged_parts(self.leads[lead_id], intake.parts)  # type: ignore[assignment]
        self.people[lead_id].append(row.person)
        self._index(lead_id)
        self._compare(lead_id)

    def _known(self, parts: LeadDocument) -> int | None:
        from services.leads.rules.capture.identity import is_refuted

        for key in parts["keys"]:
            lead_id = self._by_key.get(key)
            if lead_id is not None and not is_refuted(key, self.leads[lead_id], parts):
                return lead_id
        return None

    def _index(self, lead_id: int) -> None:
        lead = self.leads[lead_id]
        for key in lead["keys"]:
            self._by_key.setdefault(key, lead_id)
        for block in blocks_of(lead):
            self._by_block[block].add(lead_id)

    def _compare(self, lead_id: int) -> None:
        """Until nothing more is like it."""
        while True:
            own = likeness_of(self.leads[lead_id])
            nearby = [block for block in blocks_of(self.leads[lead_id]) if len(self._by_block[block]) <= MOST_IN_A_BLOCK]
            others = {other for block in nearby for other in self._by_block[block] if other != lead_id and other in self.leads}
            found = [(self.matcher.compare(own, likeness_of(self.leads[other])), other) for other in sorted(others)]
            for comparing, other in found:
                if comparing.verdict == "review":
                    self.reviews[min(lead_id, other), max(lead_id, other)] = comparing
            best = max((one for one in found if one[0].verdict == "merge"), key=lambda one: one[0].points, default=None)
            if best is None:
                return
            lead_id = self._merge(lead_id, best[1], best[0])

    def _merge(self, one: int, other: int, comparing: Comparing) -> int:
        kept, gone = sorted((one, other))
        if not set(self.people[kept]) & set(self.people[gone]):
            self.mistakes.append((dict(self.leads[kept]), dict(self.leads[gone]), comparing))
        lead = self.leads.pop(gone)
        self.leads[kept] |= merged_parts(self.leads[kept], lead)  # type: ignore[assignment]
        self.people[kept] += self.people.pop(gone)
        for key in lead["keys"]:
            self._by_key[key] = kept
        for block in blocks_of(lead):
            self._by_block[block].discard(gone)
        self._index(kept)
        return kept


def judged(rows: Sequence[Labelled], ledger: Ledger | None = None) -> Result:
    ledger = ledger or Ledger()
    for number, row in enumerate(rows):
        ledger.take(row, number)
    truth = sum(_pairs(count) for count in Counter(row.person for row in rows).values())
    together = sum(_pairs(len(people)) for people in ledger.people.values())
    right = sum(_pairs(count) for people in ledger.people.values() for count in Counter(people).values())
    open_reviews = [pair for pair in ledger.reviews if pair[0] in ledger.leads and pair[1] in ledger.leads]
    found = sum(bool(set(ledger.people[one]) & set(ledger.people[other])) for one, other in open_reviews)
    return Result(right, together - right, truth - right, len(open_reviews), found)


def missed(ledger: Ledger) -> Iterable[tuple[LeadDocument, LeadDocument, Comparing]]:
    """The pairs of leads that are one person's and were not merged."""
    homes: defaultdict[int, list[int]] = defaultdict(list)
    for lead_id, people in ledger.people.items():
        for person in set(people):
            homes[person].append(lead_id)
    for leads in homes.values():
        for one, other in combinations(leads, 2):
            a, b = ledger.leads[one], ledger.leads[other]
            yield a, b, ledger.matcher.compare(likeness_of(a), likeness_of(b))


def _pairs(count: int) -> int:
    return count * (count - 1) // 2
