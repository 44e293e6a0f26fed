"""CEL expressions: compiled once, with what is wrong said at its place, then asked of thousands of leads."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

from services.leads.models import CriteriaDraft, RoutingDraft
from services.leads.models.policies import RESERVED, Rule
from services.leads.rules.judging.vocabulary import (
    FIELDS,
    NAMES,
    RESULTS,
    SHARED,
    WHOLE,
    Vocabulary,
    facts_of_nobody,
    flattened,
    unknown_fields,
)
from shared.errors import Invalid, Violation
from shared.events.grades import asks_for_whole_grade
from shared.expressions import cel
from shared.nesting import MOST_NESTED, nesting

# What evaluating an expression can raise: an unknown key, types that don't go together, a division by zero, a name nobody knows.
FAILURES = (ValueError, RuntimeError, LookupError, TypeError, ArithmeticError)
Program = Any
# Of one expression: enough for all that leads have in common.
MOST_REMEMBERED = 2_048
_BOUND = re.compile(r"\.(?:all|exists|exists_one|map|filter)\(\s*([A-Za-z_]\w*)\s*,")
LETTER_ONLY = "grade is a letter here, A to D; what goes with it, 1 to 4, is engagement_grade"
_SYNTAX = re.compile(r"<input>:(\d+):(\d+): ([^\n]*)")


def compiled(rule: Rule) -> Program:
    """Raises ValueError."""
    try:
        return cel.compile(flattened(rule.expression))
    except ValueError:
        # Such as has(person.email), which wants an object; or it is wrong either way.
        return cel.compile(rule.expression)


class Expression:
    """A rule's, ready to be asked. Facts that many leads share are asked about once: to hand CEL a text takes longer than its answer."""

    def __init__(self, rule: Rule) -> None:
        program = compiled(rule)
        self._names = [name for name in _free_variables(rule.expression, program) if name in NAMES]
        answer: Callable[..., bool] = partial(_answer, program, self._names)
        # Typed, for to Python 1 is True, and to CEL it is not.
        self._answer = lru_cache(MOST_REMEMBERED, typed=True)(answer) if SHARED.issuperset(self._names) else answer

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """Raises one of FAILURES when it can't be told."""
        return self._answer(*[facts[name] for name in self._names])


def _answer(program: Program, names: Sequence[str], *values: Any) -> bool:
    return program.execute(cel.Context(dict(zip(names, values, strict=True)))) is True


def vocabulary_of(rules: Iterable[Rule]) -> Vocabulary:
    return Vocabulary(name for rule in rules for name in _free_variables(rule.expression, compiled(rule)))


def _free_variables(expression: str, program: Program) -> list[str]:
    """The names that must be given; those that a macro such as `all(word, …)` binds are its own."""
    bound = set(_BOUND.findall(expression))
    return [name for name in program.references()["variables"] if name not in bound]


def check_criteria(draft: CriteriaDraft) -> None:
    rules = [(f"criteria.{number}", rule) for number, rule in enumerate(draft.criteria)]
    _expect_none(
        Violation(f"{path}.name", "reserved", f"{rule.name}: is the name of something else")
        for path, rule in rules
        if rule.name in RESERVED
    )
    _check(rules, results=False)


def check_routing(draft: RoutingDraft) -> None:
    _check([(f"rules.{number}", rule) for number, rule in enumerate(draft.rules)], results=True)


def check_condition(rule: Rule, field: str) -> None:
    problem = _problem(rule, results=False)
    if problem is not None:
        raise Invalid(problem[1], field=field, rule=problem[0])


def _check(rules: Sequence[tuple[str, Rule]], *, results: bool) -> None:
    """Raises Invalid with every rule that can't be used, and where it goes wrong."""
    found = [(path, rule, _problem(rule, results=results)) for path, rule in rules]
    _expect_none(Violation(f"{path}.expression", problem[0], f"{rule.name}: {problem[1]}") for path, rule, problem in found if problem)


def _expect_none(problems: Iterable[Violation]) -> None:
    violations = tuple(problems)
    if violations:
        raise Invalid("; ".join(violation.detail for violation in violations[:3]), violations=violations)


def _problem(rule: Rule, *, results: bool) -> tuple[str, str] | None:
    try:
        program, plain = compiled(rule), cel.compile(rule.expression)
    except ValueError as error:
        return "cel_syntax", _placed(str(error))
    if nesting(rule.expression) > MOST_NESTED:
        return "cel_nesting", f"of all, exists, map and filter at most {MOST_NESTED} may stand within each other"
    known = {*FIELDS, *WHOLE, *(RESULTS if results else ())}
    unknown = [name for name in _free_variables(rule.expression, plain) if name not in known] or unknown_fields(rule.expression)
    if unknown:
        return "cel_name", f"{', '.join(unknown)} is not known here"
    if results and asks_for_whole_grade(rule.expression):
        return "cel_grade", LETTER_ONLY
    return _trial(program, _free_variables(rule.expression, program))


def _trial(program: Program, variables: list[str]) -> tuple[str, str] | None:
    """Asked of a lead of whom nothing is known: a field of one's own may be missing there, everything else must work."""
    try:
        answer = program.execute(cel.Context(facts_of_nobody(variables)))
    except (LookupError, ArithmeticError):
        return None
    except FAILURES as error:
        return "cel_type", str(error).partition(". ")[0]
    return None if isinstance(answer, bool) else ("cel_boolean", "must be true or false")


def _placed(message: str) -> str:
    place = _SYNTAX.search(message)
    return f"line {place[1]}, column {place[2]}: {place[3]}" if place else message.partition("\n")[0]
