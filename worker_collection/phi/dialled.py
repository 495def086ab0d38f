"""Telephone numbers and others that no word announces: by how many digits stand together."""

import re

_LOCAL = ([3, 4], [4, 4], [2, 6], [3, 2, 2])
_WRITTEN = ([2, 2, 2, 2], [1, 3, 3, 2, 2], [1, 3, 3, 4], [1, 4, 4])  # with spaces alone between them
_REACHED = re.compile(
    r"\b(?:reach(?:ed|able)?|got|rung|phoned|contact(?:ed|able)?|available|back)\s(?:\w+\s)?(?:on|at)\s$",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"\d+")
_LONGEST = 12


def by_parts(text: str, start: int, found: str) -> str | None:
    """The class of groups of digits by their lengths, None where they may be a row of readings.

    Args:
        text: the note.
        start: where the groups begin in it.
        found: the groups, with what parts them.
    """
    lengths = [len(part) for part in _DIGITS.findall(found)]
    count = sum(lengths)
    if lengths == [3, 2, 4]:
        return "SSN"
    if lengths == [3, 4] and _REACHED.search(text, max(0, start - 30), start):
        return "PHONE"
    if count in (7, 8) and lengths in _LOCAL and ("-" in found or count == 8) and "/" not in found:
        return "PHONE"
    if count < 8 or not _is_dialled(found, lengths):
        return None
    return "PHONE" if count <= _LONGEST else "ID"


def _is_dialled(found: str, lengths: list[int]) -> bool:
    """Whether the groups are those of a telephone number and not a row of readings."""
    if found[0] in "0(" or "(" in found and "/" not in found:
        return True
    if lengths in _WRITTEN and not {".", "/"} & set(found):
        return True
    if "/" in found or max(lengths) < 3 and lengths[0] != 2 or 1 in lengths[:-1] and found[0] != "1":
        return False
    return len(set(lengths)) > 1 or lengths[0] > 2 or " " not in found
