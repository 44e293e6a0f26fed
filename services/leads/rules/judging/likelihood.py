"""The likeliest numbers behind outcomes, near to what was held likely before: Newton's way, without any library."""

from collections.abc import Sequence
from math import exp, log1p

from services.leads.rules.judging.prediction import likelihood

STEPS = 25
Line = tuple[float, float]
# x, won, how often.
Rows = Sequence[tuple[float, bool, int]]


def likeliest_offset(rows: Sequence[tuple[float, bool]], differs_by: float) -> float:
    """What to add to all these log-odds; likely to be about 0, give or take `differs_by`."""
    offset, precision = 0.0, 1 / differs_by**2
    for _ in range(STEPS):
        chances = [likelihood(odds + offset) for odds, _ in rows]
        slope = sum(won - chance for (_, won), chance in zip(rows, chances, strict=True)) - precision * offset
        offset += slope / (sum(chance * (1 - chance) for chance in chances) + precision)
    return offset


def likeliest_line(rows: Rows, start: Line, differs_by: Line) -> Line:
    """The log-odds a + b·x, where a and b are likely to be near `start`. A step is halved until it helps."""
    line, cost = start, _cost(rows, start, start, differs_by)
    for _ in range(STEPS):
        step, scale = _step(rows, line, start, differs_by), 1.0
        while scale > 1e-6:
            tried = (line[0] - scale * step[0], line[1] - scale * step[1])
            if (costs := _cost(rows, tried, start, differs_by)) <= cost:
                line, cost = tried, costs
                break
            scale /= 2
    return line


def _cost(rows: Rows, line: Line, start: Line, differs_by: Line) -> float:
    away = sum(((at - begun) / by) ** 2 / 2 for at, begun, by in zip(line, start, differs_by, strict=True))
    return away + sum(count * _surprise((line[0] + line[1] * x) * (1 if won else -1)) for x, won, count in rows)


def _surprise(odds: float) -> float:
    return log1p(exp(-odds)) if odds > 0 else log1p(exp(odds)) - odds


def _step(rows: Rows, line: Line, start: Line, differs_by: Line) -> Line:
    slopes = [(at - begun) / by**2 for at, begun, by in zip(line, start, differs_by, strict=True)]
    a, b, c = 1 / differs_by[0] ** 2, 0.0, 1 / differs_by[1] ** 2
    for x, won, count in rows:
        chance = likelihood(line[0] + line[1] * x)
        slopes[0] += count * (chance - won)
        slopes[1] += count * (chance - won) * x
        weight = count * chance * (1 - chance)
        a, b, c = a + weight, b + weight * x, c + weight * x * x
    determinant = a * c - b * b
    return (c * slopes[0] - b * slopes[1]) / determinant, (a * slopes[1] - b * slopes[0]) / determinant
