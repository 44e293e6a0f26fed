"""How deep a CEL expression goes through lists within lists, and how deep it may: nothing else bounds how long it takes."""

import re

# What is no code, so that brackets in it are none: comments, and strings of every kind.
_NO_CODE = re.compile(
    r"""//[^\n]*
    |[bB]?[rR][bB]?(?:\"{3}[\s\S]*?\"{3}|'{3}[\s\S]*?'{3}|"[^"\n]*"|'[^'\n]*')
    |\"{3}(?:\\[\s\S]|[^\\])*?\"{3}|'{3}(?:\\[\s\S]|[^\\])*?'{3}|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""",
    re.VERBOSE,
)
_BRACKET = re.compile(r"\.\s*(?:all|exists|exists_one|map|filter)\s*\(|[()]")
# Each goes through its whole list for every value of the one around it: three, over lists of a hundred, take half a second of every record.
MOST_NESTED = 2


def nesting(expression: str) -> int:
    """How many macros that go through a list stand within each other."""
    around, deepest = list[bool](), 0
    for bracket in _BRACKET.findall(_NO_CODE.sub("''", expression)):
        if bracket == ")":
            del around[-1:]
        else:
            around.append(bracket != "(")
            deepest = max(deepest, sum(around))
    return deepest
