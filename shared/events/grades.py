"""The grade of a lead as rules that people wrote compare it: by its letter, as they did before it had a digit, too."""

import re

_WHOLE = r"""['"][A-D][1-4]['"]"""
_GRADE = r"(?<![\w.])(?:event\.)?grade"
_COMPARED = re.compile(rf"{_GRADE}\s*(?:[=!]=\s*|in\s*\[[^\]]*){_WHOLE}|{_WHOLE}\s*[=!]=\s*{_GRADE}\b")


def letter_of(grade: str) -> str:
    return grade[:1]


def asks_for_whole_grade(expression: str) -> bool:
    """Whether it compares the letter with a letter and a digit, which never holds."""
    return _COMPARED.search(expression) is not None
