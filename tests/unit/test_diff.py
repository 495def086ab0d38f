from hypothesis import given
from hypothesis import strategies as st

from shared.domain.diff import as_page, as_text, distance, sentences

PAIR = st.fixed_dictionaries({"before": st.integers(0, 99), "after": st.integers(0, 99)})


def a_diff(**given):
    rows = [{"name": "Gout", "before": 10, "after": 12}, {"name": "<b>Flu</b>", "before": 0, "after": 3}]
    counts = {"clusters": 1, "cases": 2, "largest": 2}
    return {
        "before": "diagnosis-data-1",
        "after": "diagnosis-data-2",
        "cases": {"before": 10, "after": 15},
        "added": 6,
        "removed": {"withdrawn": 1},
        "relabelled": 1,
        "relabels": [{"from": "Gout", "to": "<b>Flu</b>", "n": 1}],
        "changed_side": 0,
        "label_shift": {"Gout": 2, "<b>Flu</b>": 3},
        "labels": rows,
        "new_labels": ["<b>Flu</b>"],
        "sources": [{"name": "clinic", "before": 10, "after": 15}],
        "new_sources": [],
        "subgroups": {"sex": [{"name": "f", "before": 5, "after": 15}]},
        "quality": {"before": 80.0, "after": 82.5},
        "duplicates": {"before": counts, "after": counts},
        "influence": {"before": None, "after": {"validator": 0.2}},
        "leakage": {"in_one_version": 0, "across": 0, "joined_since": 0},
    } | given


def test_the_first_sentences_say_what_came_went_and_changed():
    said = sentences(a_diff())
    assert "15 cases" in said[0] and "6 came, 1 went" in said[0]
    assert "1 went as withdrawn." in said
    assert "1 have another label." in said
    assert "No person is on both sides." in said


def test_a_leak_is_shouted_in_every_form():
    leaking = a_diff(leakage={"in_one_version": 1, "across": 2, "joined_since": 1})
    assert "LEAK: 2 persons" in as_text(leaking)
    assert 'class="bad">LEAK' in as_page(leaking)


def test_a_page_stands_alone_and_runs_nothing_that_a_label_says():
    page = as_page(a_diff())
    assert page.startswith("<!doctype html>") and page.rstrip().endswith("</html>")
    assert "<b>Flu" not in page and "&lt;b&gt;Flu&lt;/b&gt;" in page
    assert not any(word in page for word in ("<script", "http:", "https:", "src=", "href="))


def test_a_text_has_a_table_for_each_heading():
    told = as_text(a_diff())
    assert all(f"\n{title}\n" in told for title in ("Labels", "Sources", "By sex", "Relabelled"))


@given(st.lists(PAIR, max_size=9))
def test_a_distance_is_a_share_that_is_zero_only_for_equal_shares(rows):
    found = distance(rows)
    assert 0 <= found <= 1 + 1e-9
    turned = [{"before": one["after"], "after": one["before"]} for one in rows]
    assert abs(distance(turned) - found) < 1e-9
    same = [{"before": one["before"], "after": one["before"]} for one in rows]
    assert distance(same) == 0
