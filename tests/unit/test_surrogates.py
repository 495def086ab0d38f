"""Surrogates and shifted dates: of the same kind, one an entity, never the value itself."""

import re
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.deid import DeidPolicy
from worker_collection.deidentify import Manner, People, Whose, deidentify, draw_shift
from worker_collection.phi.shifted import shifted
from worker_collection.phi.spans import Span, rendered
from worker_collection.phi.surrogates import Surrogates, without

KNOWN = {"name": "Marta Quill", "mrn": "7741902", "sex": "female"}
SURROGATES = Manner(DeidPolicy(replace="surrogates"))


def put(text, *spans, drawn=None, seed=1, **given_):
    surrogates = Surrogates({} if drawn is None else drawn, Random(seed), **given_)
    return rendered(text, surrogates.put(text, [Span(*span) for span in spans]))


def whole(text, label, **given_):
    return put(text, (0, len(text), label), **given_)


def test_a_person_has_one_surrogate_in_every_form_of_the_name():
    drawn = {}
    full = whole("Marta Quill", "NAME", drawn=drawn, sex="f")
    first, family = full.split()
    assert whole("QUILL, MARTA", "NAME", drawn=drawn) == f"{family.upper()}, {first.upper()}"
    assert whole("mrs. quill", "NAME", drawn=drawn) == f"mrs. {family.lower()}"
    assert {"Marta", "Quill"}.isdisjoint({first, family})
    assert "quill" in "".join(drawn) and "Quill" not in "".join(drawn.values())


@pytest.mark.parametrize(
    ("label", "said"),
    [("PHONE", "(415) 555-0133"), ("MRN", "AB-77 41.902"), ("SSN", "123-45-6789"), ("ID", "x9/Kl2")],
)
def test_a_number_keeps_its_format_and_punctuation_never_changes_whose_it_is(label, said):
    drawn = {}
    fresh = whole(said, label, drawn=drawn)
    assert fresh != said
    assert re.sub(r"[a-z]", "a", re.sub(r"[A-Z]", "A", re.sub(r"\d", "0", fresh))) == re.sub(
        r"[a-z]", "a", re.sub(r"[A-Z]", "A", re.sub(r"\d", "0", said))
    )
    assert whole(said, label, drawn=drawn) == fresh
    assert len(drawn) == 1


def test_what_kind_of_place_it_is_stays():
    assert re.fullmatch(r"\w+ Memorial Hospital", whole("Westlake Memorial Hospital", "HOSPITAL"))
    assert re.fullmatch(r"\d\d \w+ Street, \w+, IL", whole("12 Elm Street, Springfield, IL", "ADDRESS"))


def test_years_and_ages_keep_what_the_policy_put():
    span = Span(0, 10, "DATE", "2024")
    assert Surrogates({}, Random(1)).put("01/02/2024", [span]) == [span]
    assert whole("98", "AGE") == "[AGE]"


def test_the_patients_own_words_are_never_drawn():
    forbidden = frozenset(name.lower() for name in ("Ada", "Agnes"))
    names = {whole("Xyz", "NAME", seed=seed, sex="f", forbidden=forbidden) for seed in range(300)}
    assert len(names) > 30
    assert forbidden.isdisjoint(name.lower() for name in names)


def test_draws_are_no_function_of_the_value():
    assert len({whole("Marta", "NAME", seed=seed) for seed in range(40)}) > 10


def test_a_text_with_surrogates_is_whole_and_passes():
    people = People(SURROGATES.policy, Random(3))
    text = "Marta Quill, MRN 7741902, seen 03/04/2024. Mrs Quill is well."
    one = deidentify(text, KNOWN, this_year=2026, manner=SURROGATES, whose=people.of(KNOWN))
    other = deidentify("Quill called.", KNOWN, this_year=2026, manner=SURROGATES, whose=people.of(KNOWN))
    assert one.passed, one.reasons
    assert rendered(text, one.spans) == one.text
    assert not re.search(r"quill|7741902|\[NAME\]|03/04", one.text, re.IGNORECASE)
    assert other.text.split()[0] in one.text


DAYS = st.dates(date(1990, 1, 1), date(2025, 12, 31))


@given(
    DAYS,
    DAYS,
    st.integers(-365, 365),
    st.sampled_from(["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d %B %Y", "%B %d, %Y"]),
)
def test_intervals_survive_a_shift_and_so_does_the_form(one, other, days, form):
    texts = [day.strftime(form) for day in (one, other)]
    moved = [shifted(text, [Span(0, len(text), "DATE")], days=days, this_year=2026)[0].put for text in texts]
    first, second = (datetime.strptime(text or "", form).replace(tzinfo=UTC).date() for text in moved)
    assert (first - second, first - one) == (one - other, timedelta(days=days))


@pytest.mark.parametrize(
    ("said", "becomes"),
    [
        ("3rd March 2024", "13th March 2024"),
        ("MAR 3 24", "MAR 13 24"),
        ("16feb24", "26feb24"),
        ("20240301", "20240311"),
        ("25/12/2023", "04/01/2024"),
        ("31/02/2024", None),
        ("the 14th", None),
        ("spring", None),
        ("02/03/1931", None),
    ],
)
def test_a_date_moves_in_its_own_form_and_what_cannot_is_a_label(said, becomes):
    assert shifted(said, [Span(0, len(said), "DATE")], days=10, this_year=2026)[0].put == becomes


def test_a_shift_is_drawn_within_a_year_and_is_never_none():
    drawn = {draw_shift(Random(seed)) for seed in range(2000)}
    assert 0 not in drawn
    assert max(drawn) <= 365 and min(drawn) >= -365 and len(drawn) > 500


def test_the_policy_says_what_becomes_of_dates_and_clinicians():
    text = "Marta Quill seen on 03/04/2024 by Dr. Owen Frost."
    determined = {"dates": "expert_shift", "determined_by": "an expert", "determined_on": "2026-01-01"}
    manner = Manner(DeidPolicy(**determined, clinicians="kind"))
    found = deidentify(text, KNOWN, this_year=2026, manner=manner, whose=Whose(shift_days=-3))
    assert found.text == "[NAME] seen on 03/01/2024 by [CLINICIAN]."


def test_the_policy_says_what_becomes_of_facilities_and_zip_codes():
    spans = [Span(0, 4, "HOSPITAL"), Span(5, 9, "ADDRESS", "627")]
    assert [span.mark for span in without(spans, zip_digits=0, facilities="removed")] == [
        "[REMOVED]",
        "[ADDRESS]",
    ]
    assert [span.mark for span in without(spans, zip_digits=3, facilities="kind")] == ["[HOSPITAL]", "627"]
