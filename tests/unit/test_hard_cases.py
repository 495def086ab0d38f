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
