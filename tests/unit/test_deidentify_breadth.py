"""One sentence for each thing a rule reads; what stands between « and » goes, everything else stays."""

import re

import pytest

from worker_collection.deidentify import deidentify
from worker_collection.phi.built import is_built
from worker_collection.phi.engine import find
from worker_collection.phi.known import Known
from worker_collection.phi.page import Page

GONE = """
He turns «94» next month.
grandmother, now «103», is well.
Sex/Age: F/«97»
«94» jährige Patientin
celebrated her «100th» birthday
between «3» and «9 May»
reviewed «3rd inst» as planned
seen in «Q3» 2023
born «second of february nineteen sixty»
kam «am 5.12.» zu uns
car registration «LD67 OWE» noted
registration «4567 KLM» again
plate «M-KL 4521» seen
«Georgia Payne» was seen in clinic.
Therapist «Poppy Penrose» called.
Her partner, «Rain», says so.
prefers to be called «Bunny»
Call «(416) 555-0142 ext. 12» today.
this is «Nadia» calling about bloods
Typed by «LW»
«SMITH, Joan» was admitted.
Seen by «van den Berg» today.
«Reynolds»'s bloods are back.
Bed 4 «Brown» for CT
«Grace» was tearful today.
pt is well. «rose» bp 90/60, fluids up
«Will» called twice.
d/w «frost», ok for dc
User «mgarcia2» logged in.
Works at «Novo Nordisk».
Lives at «44/9 Moo 6, Soi Sukhumvit 48».
He lives at «Kossuth Lajos utca 20» and said nothing.
{"attending": "«Dr. Moon»", "note": "BP 120/80"}
<patient><firstName>«River»</firstName><lastName>«Stone»</lastName></patient>
Surname: «Two Bulls»
"""
STAYS = """
Ringer's lactate 500 ml, Foley removed, on Holter.
Known Barrett's, GERD with Barrett's.
Bence Jones protein and Braxton Hicks contractions.
Brown discharge, gross haematuria, sharp pain.
Will start, may need surgery, hope to discharge soon.
Started Sinemet 25/100 mg and tramadol 50 mg.
I've had UTIs; palpitations and vessels are fine.
Location: left knee. School: doing well.
CC: knee pain.
Debulking and tympanometry of the nasolabial fold.
HR 98, sats 94, temp 99 F, 90 tablets for 90 days.
WBC 12000, heparin 25000 units, NCT04212345.
He travelled to India from Nigeria.
24/7 care, pain 10/10, 3/6 murmur.
"""


@pytest.mark.parametrize("line", GONE.strip().splitlines())
def test_what_identifies_goes_and_nothing_else(line):
    parts = re.split("[«»]", line)
    text, spans, at = "".join(parts), find_spans("".join(parts)), 0
    for number, part in enumerate(parts):
        words = [match.span() for match in re.finditer(r"\w+", part)]
        for start, end in words:
            covered = any(a <= at + start and at + end <= b for a, b in spans)
            known = re.fullmatch(r"(?:19|20)\d\d|of|and|the|Dr|am", part[start:end])
            assert covered == bool(number % 2) or known, text[at + start : at + end]
        at += len(part)


@pytest.mark.parametrize("line", STAYS.strip().splitlines())
def test_clinical_text_stays(line):
    assert [line[start:end] for start, end in find_spans(line)] == []


def find_spans(text):
    """Where the rules alone find something."""
    page = Page(text)
    return [(span.start, span.end) for span in find(page, Known(), this_year=2026, tagged=False)]


@pytest.mark.parametrize(
    "text", ["Liz came with Bobby.", "Okonkow was seen.", "Near Oak Lane.", "Lives in Normal."]
)
def test_the_row_is_found_in_short_misspelt_and_in_parts(text):
    row = {"name": "Elizabeth Okonkwo", "contacts": ["Robert Hale"], "address": "12 Oak Lane, Normal, IL"}
    left = deidentify(text, row, this_year=2026).text
    assert not re.search("Liz|Bobby|Okonk|Oak|Normal", left)
    assert "normal" in deidentify("Exam normal.", row, this_year=2026).text


@pytest.mark.parametrize("word", ["debulking", "fingerstick", "hemibody", "nasolabial", "nonbilious"])
def test_a_word_made_of_known_ones_is_told_from_a_name(word):
    assert is_built(word)


@pytest.mark.parametrize("word", ["okonkwal", "zafrina", "greiseiine", "khumaloed"])
def test_a_strange_word_with_an_english_ending_may_be_a_name(word):
    assert not is_built(word)
