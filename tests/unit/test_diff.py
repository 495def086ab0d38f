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


def test_the_sentences_come_in_one_order():
    assert sentences(a_diff()) == [
        "diagnosis-data-2 has 15 cases, diagnosis-data-1 had 10: 6 came, 1 went.",
        "1 went as withdrawn.",
        "1 have another label.",
        "New label: <b>Flu</b>.",
        "The labels shifted by 20.0 % of the cases.",
        "sex shifted by 0.0 %.",
        "Mean quality went from 80 to 82.5.",
        "2 cases stand in 1 clusters of near duplicates.",
        "No person is on both sides.",
    ]


def test_what_did_not_change_is_said_and_what_is_not_known_is_not():
    for unknown in ({"before": None, "after": 82.5}, {"before": 80.0, "after": None}):
        said = sentences(a_diff(relabelled=0, quality=unknown, removed={"withdrawn": 1, "superseded": 2}))
        assert "No label was changed." in said
        assert not any("Mean quality" in one for one in said)
        assert said[0].endswith("6 came, 3 went.")
        assert said[1:3] == ["2 went as superseded.", "1 went as withdrawn."]


def test_a_leak_is_the_last_word():
    leakage = {"in_one_version": 0, "across": 3, "joined_since": 2}
    assert sentences(a_diff(new_sources=["hospital"], leakage=leakage))[-2:] == [
        "LEAK: 3 persons are in training and evaluation.",
        "2 persons were found to be on both sides after the sealing.",
    ]
    assert "New source: hospital." in sentences(a_diff(new_sources=["hospital"]))


def test_the_tables_of_a_text_stand_in_columns():
    assert as_text(a_diff()).split("\n\n", 1)[1] == (
        "Labels\n"
        "  Gout               10 →        12  +2\n"
        "  <b>Flu</b>          0 →         3  +3\n"
        "\n"
        "Sources\n"
        "  clinic         10 →        15  +5\n"
        "\n"
        "By sex\n"
        "  f          5 →        15  +10\n"
        "\n"
        "Relabelled\n"
        "  Gout → <b>Flu</b>            →         1\n"
    )
    assert "\n  Gout         10 →        10\n" in as_text(
        a_diff(labels=[{"name": "Gout", "before": 10, "after": 10}])
    )
    assert "Relabelled" not in as_text(a_diff(relabels=[]))


def test_the_tables_of_a_page_are_html():
    page = as_page(a_diff())
    for part in (
        "<title>diagnosis-data-1 → diagnosis-data-2</title>",
        "<h1>diagnosis-data-1 → diagnosis-data-2</h1><ul><li>diagnosis-data-2 has",
        "<li>No person is on both sides.</li></ul><h2>Labels</h2><table><tr><th></th>"
        "<th>before</th><th>after</th><th>change</th></tr><tr><td>Gout",
        '<tr><td>Gout</td><td class="n">10</td><td class="n">12</td><td class="n">+2</td></tr>',
    ):
        assert part in page


def test_a_distance_is_the_share_that_would_have_to_change():
    rows = [{"before": 8, "after": 1}, {"before": 2, "after": 1}]
    assert abs(distance(rows) - 0.3) < 1e-12
    assert distance([]) == 0.0
    assert distance([{"before": 0, "after": 3}]) == distance([{"before": 3, "after": 0}]) == 1.0
    assert distance([{"before": 3, "after": 0}, {"before": 0, "after": 3}]) == 1.0
