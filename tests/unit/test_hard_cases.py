import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.hard_cases import Doubt, Hard, choose, deal, words_of

HEADACHE = words_of("throbbing headache on one side with flashes of light")
TOE = words_of("painful swollen toe since yesterday evening")


def a_doubt(key, *, top=(0.5, 0.4), others=(0, 0), words=HEADACHE):
    return Doubt(key, top, others, words)


def keys(chosen):
    return [one.key for one in chosen]


def test_the_unsure_comes_before_the_sure_and_the_disputed_before_the_agreed():
    assert keys(choose([a_doubt("sure", top=(0.98, 0.01)), a_doubt("unsure", words=TOE)], 1)) == ["unsure"]
    found = choose([a_doubt("agreed", others=(2, 0)), a_doubt("disputed", others=(2, 2))], 1)
    assert keys(found) == ["disputed"]


def test_the_typical_comes_before_the_odd_one_out():
    crowd = [a_doubt(f"c{n}", top=(0.6, 0.3)) for n in range(5)]
    assert keys(choose([a_doubt("odd", top=(0.6, 0.3), words=TOE), *crowd], 1)) != ["odd"]


def test_what_resembles_a_chosen_one_waits():
    doubts = [a_doubt("a"), a_doubt("b"), a_doubt("toe", top=(0.7, 0.2), words=TOE)]
    assert set(keys(choose(doubts, 2))) == {"b", "toe"}


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 3)), max_size=12), st.integers(0, 8))
def test_the_budget_is_kept_nobody_is_chosen_twice_and_scores_are_shares(rows, budget):
    doubts = [a_doubt(str(n), top=(p, 0.0), others=(3, k)) for n, (p, k) in enumerate(rows)]
    found = choose(doubts, budget)
    assert len(found) == len(set(keys(found))) == min(budget, len(rows))
    assert all(0 <= one.score <= 1 + 1e-9 for one in found)
    assert choose(list(reversed(doubts)), budget) == found


def test_lists_are_dealt_in_turn_and_never_overfilled():
    chosen = [Hard(str(n), 1, 1, 1) for n in range(7)]
    lists = deal(chosen, {"ann": 2, "bob": 9, "eve": 0})
    assert [keys(lists[name]) for name in ("ann", "bob", "eve")] == [
        ["0", "2"],
        ["1", "3", "4", "5", "6"],
        [],
    ]
    assert deal([], {"ann": 1}) == {"ann": []}


def test_a_text_without_words_is_like_nothing():
    assert choose([a_doubt("empty", words=words_of("1 2 3")), a_doubt("full")], 1)[0].key == "full"


def scores(doubts):
    return {one.key: (one.uncertainty, one.density, one.disagreement) for one in choose(doubts, len(doubts))}


def test_each_of_the_three_is_a_share_with_its_own_rule():
    found = scores(
        [
            a_doubt("close", top=(0.5, 0.4)),
            a_doubt("one", top=(0.7,)),
            a_doubt("none", top=()),
            a_doubt("half", top=(0.9, 0.1, 0.0), others=(4, 2)),
            a_doubt("toe", top=(1.0, 0.0), others=(3, 3), words=TOE),
        ]
    )
    assert [round(found[key][0], 9) for key in ("close", "one", "none", "half", "toe")] == [
        0.9,
        0.3,
        1.0,
        0.2,
        0.0,
    ]
    assert [found[key][2] for key in ("close", "half", "toe")] == [0.5, 0.75, 1.0]
    assert found["close"][1] == 1.0  # the most typical
    assert 0 < found["toe"][1] < 0.5
    one = Hard("k", 0.5, 0.4, 0.25)
    assert one.score == 0.05


def test_words_are_a_vector_of_length_one_without_numbers_and_short_words():
    assert words_of("Gout gout, toe an é2éé") == {42029: 0.8944271909999159, 64289: 0.4472135954999579}
    assert words_of("") == words_of("an 12 x") == {}
    assert sum(share**2 for share in HEADACHE.values()) == pytest.approx(1.0)


def test_density_is_likeness_to_all():
    found = scores([a_doubt("a"), a_doubt("b"), a_doubt("toe", words=TOE), a_doubt("empty", words={})])
    alike = sum(share * (2 * share) for share in HEADACHE.values())
    common = sum(share * HEADACHE.get(word, 0.0) for word, share in TOE.items())
    assert found["toe"][1] == pytest.approx((1 + 2 * common) / (alike + common))
    assert found["empty"][1] == 0.0
    assert scores([a_doubt("alone", words={})])["alone"][1] == 0.0


def test_what_was_chosen_makes_its_like_worth_nothing_and_ties_fall_by_key():
    doubts = [
        a_doubt("a", top=(0.5, 0.5)),
        a_doubt("b", top=(0.5, 0.5)),
        a_doubt("toe", top=(0.9, 0.0), words=TOE),
    ]
    assert keys(choose(doubts, 3)) == ["b", "toe", "a"]
    assert choose([], 3) == [] and choose(doubts, 0) == []


def test_the_last_ones_go_to_whoever_has_room():
    chosen = [Hard(str(n), 1, 1, 1) for n in range(3)]
    assert keys(deal(chosen, {"bob": 9, "ann": 9})["ann"]) == ["0", "2"]
    assert {name: keys(mine) for name, mine in deal(chosen, {"ann": 1, "bob": 1}).items()} == {
        "ann": ["0"],
        "bob": ["1"],
    }
    assert list(deal([], {"bob": 1, "ann": 0})) == ["ann", "bob"]
