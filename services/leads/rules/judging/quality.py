"""How good is a prediction? Told on outcomes that it has not seen."""

from collections.abc import Sequence
from math import log, sqrt

from services.leads.models import Decile, Quality

# A difference that chance alone makes in one case of twenty.
BEYOND_CHANCE = 1.645
_CERTAIN = 1e-6


def quality_of(predicted: Sequence[float], won: Sequence[bool]) -> Quality:
    """There must be some of either outcome."""
    losses = log_losses(predicted, won)
    brier = sum((p - y) ** 2 for p, y in zip(predicted, won, strict=True)) / len(won)
    return Quality(
        auc=round(auc(predicted, won), 4),
        log_loss=round(sum(losses) / len(losses), 4),
        brier=round(brier, 4),
        deciles=deciles(predicted, won),
    )


def auc(predicted: Sequence[float], won: Sequence[bool]) -> float:
    """The share of pairs of a won and a lost one in which the won one was given the higher probability; ties count half."""
    ranks = _ranks(predicted)
    wins = sum(won)
    above = sum(rank for rank, y in zip(ranks, won, strict=True) if y) - wins * (wins + 1) / 2
    return above / (wins * (len(won) - wins))


def _ranks(values: Sequence[float]) -> list[float]:
    """From 1; equal ones share the middle of their places."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for place in order[start : end + 1]:
            ranks[place] = (start + end) / 2 + 1
        start = end + 1
    return ranks


def log_losses(predicted: Sequence[float], won: Sequence[bool]) -> list[float]:
    return [-log(max(_CERTAIN, p if y else 1 - p)) for p, y in zip(predicted, won, strict=True)]


def deciles(predicted: Sequence[float], won: Sequence[bool]) -> list[Decile]:
    """The lift of a tenth is its share of won ones as a multiple of the share in all."""
    order = sorted(range(len(won)), key=lambda place: -predicted[place])
    edges = [round(number * len(order) / 10) for number in range(11)]
    base = sum(won) / len(won)
    return [_decile([(predicted[n], won[n]) for n in order[a:b]], base) for a, b in zip(edges, edges[1:], strict=False) if b > a]


def _decile(pairs: Sequence[tuple[float, bool]], base: float) -> Decile:
    observed = sum(y for _, y in pairs) / len(pairs)
    predicted = sum(p for p, _ in pairs) / len(pairs)
    return Decile(count=len(pairs), predicted=round(predicted, 4), observed=round(observed, 4), lift=round(observed / base, 2))


def is_clearly_better(one: Sequence[float], other: Sequence[float], won: Sequence[bool]) -> bool:
    """Orders better, and loses less by more than chance explains: a paired test on each outcome."""
    gains = [b - a for a, b in zip(log_losses(one, won), log_losses(other, won), strict=True)]
    mean = sum(gains) / len(gains)
    spread = sqrt(sum((gain - mean) ** 2 for gain in gains) / max(1, len(gains) - 1) / len(gains))
    return mean > BEYOND_CHANCE * spread and auc(one, won) > auc(other, won)
