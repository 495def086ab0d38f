"""Nicknames in quotes, speakers of a chat, log-ins of a record, who declares: made-up lines in a note."""

import pytest

from tests.unit.phi_lines import left, taken
from worker_collection.phi import leaks
from worker_collection.phi.known import Known

NAME = """
Amara ("{Mimi}"), 81 years old, sleeps well.
Everybody knows him as "{Tuppy}" on the unit.
UPDATED_BY={lefkowd}
I, {Rain Waters}, born in spring, agree to this.
Dose meant for pt {Merry} (bed 9) was given to another.
"""
KEEP = """
She said "Fine" and ("Good") twice.
Denies "Voices" at night.
status=active, closed_by=system
I, for one, agree.
Patient Education (bed rest) given.
t2: bright, l5: normal, ct1: clear
"""


@pytest.mark.parametrize("line", NAME.strip().splitlines())
def test_it_goes(line):
    assert left(line, "NAME") == []


@pytest.mark.parametrize("line", KEEP.strip().splitlines())
def test_what_looks_like_it_stays(line):
    assert taken(line) == []


@pytest.mark.parametrize(
    "text",
    [
        "Eldest, Ann, 16, may join us.",
        "Cranial nerves II-XII were all intact today.",
        "HER MOTHER CAD AT 64, NO CHANGE TODAY AND ALL STABLE.",
    ],
)
def test_the_leak_check_takes_no_grammar_for_people_or_days(text):
    found = leaks.doubts(text.replace("Ann", "she"), Known())
    assert found == []


def test_who_speaks_in_a_chat_goes():
    assert (
        left("who has bed 4 today\n{okoroa2}: on my way now\n{mina.tolu}: thanks, all stable", "NAME") == []
    )
