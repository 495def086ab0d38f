"""The search proposes, prunes, remembers, and goes on after a kill as if nothing had been."""

import pytest

from shared.backends.search import JOURNAL, SKIP, Budget, NoTrialError, Search, Trial, best_of, hopeless

SPACE = {
    "learning_rate": {"low": 1e-4, "high": 1e-1, "log": True},
    "lora_r": {"choices": [8, 16, 32]},
    "epochs": {"low": 1, "high": 6},
}
FIRST = {"learning_rate": 0.05, "lora_r": 8, "epochs": 1}
RUNGS = 3


def quality(parameters) -> float:
    """A valley around a rate of 0.003: what a search should find."""
    return 1.0 - abs(parameters["learning_rate"] - 0.003) - 0.01 * abs(parameters["epochs"] - 4)


def attempt(trial, rung):
    for reached in range(1, RUNGS):
        rung(quality(trial.parameters) * reached / RUNGS)
    return quality(trial.parameters)


def quiet(_trial):
    """Take no notice."""


def search(folder, trials=20, identity="a"):
    return Search(SPACE, budget=Budget(trials), seed=5, folder=folder, identity=identity)


def test_the_best_is_found_and_the_first_guess_is_the_floor(tmp_path):
    hunt = search(tmp_path)
    best = hunt.run(attempt, first=FIRST, say=quiet)
    assert hunt.trials[0].parameters == FIRST
    assert best.objective > quality(FIRST)
    assert best.objective > 0.98
    assert {trial.ended for trial in hunt.trials} == {"complete", "pruned"}
    pruned = [trial for trial in hunt.trials if trial.ended == "pruned"]
    assert all(trial.pruned_at < RUNGS for trial in pruned)
    assert max(trial.objective for trial in pruned) <= best.objective


class KilledError(Exception):
    """The process dies here."""


@pytest.mark.parametrize("at", [1, 4, 11])
def test_a_search_that_was_killed_goes_on_as_the_undisturbed_one(tmp_path, at):
    undisturbed = search(tmp_path / "whole")
    undisturbed.run(attempt, first=FIRST, say=quiet)

    def dies(trial, rung):
        if trial.number == at:
            rung(0.5)
            raise KilledError
        return attempt(trial, rung)

    with pytest.raises(KilledError):
        search(tmp_path / "killed").run(dies, first=FIRST, say=quiet)
    again = search(tmp_path / "killed")
    assert len(again.trials) == at
    again.run(attempt, first=FIRST, say=quiet)
    assert again.trials == undisturbed.trials


def test_the_journal_of_another_training_or_a_torn_one_is_not_read(tmp_path):
    search(tmp_path, 3).run(attempt, first=FIRST, say=quiet)
    assert len(search(tmp_path).trials) == 3
    assert search(tmp_path, identity="b").trials == []
    journal = tmp_path / JOURNAL
    journal.write_bytes(journal.read_bytes()[:40])
    assert search(tmp_path).trials == []


def test_a_trial_that_diverges_costs_itself_and_all_diverging_is_an_error(tmp_path):
    def diverges_above(limit):
        def risky(trial, rung):
            if trial.parameters["learning_rate"] > limit:
                raise ArithmeticError
            return attempt(trial, rung)

        return risky

    hunt = search(tmp_path / "some")
    assert hunt.run(diverges_above(0.02), first=FIRST, say=quiet).objective > 0.95
    assert hunt.trials[0].ended == "failed"
    with pytest.raises(NoTrialError):
        search(tmp_path / "all", 4).run(diverges_above(0.0), first=FIRST, say=quiet)


def test_minutes_end_a_search_after_the_first_trial_at_the_least(tmp_path):
    hunt = Search(SPACE, budget=Budget(50, minutes=1e-9), seed=5, folder=tmp_path, identity="a")
    hunt.run(attempt, first=FIRST, say=quiet)
    assert len(hunt.trials) == 1


def test_one_in_three_passes_a_rung():
    others = [Trial(n, {}, scores=(n / 10, n / 5)) for n in range(9)]
    assert hopeless([0.4], others)
    assert not hopeless([0.5], others)
    assert hopeless([0.9, 0.8], others)
    assert not hopeless([0.0], others[:2])  # too few to judge by


def test_a_trial_that_nobody_wants_ends_at_its_next_stage_and_the_search_goes_on(tmp_path):
    (tmp_path / f"{SKIP}2").touch()
    hunt = search(tmp_path, 5)
    hunt.run(attempt, first=FIRST, say=quiet)
    assert [trial.number for trial in hunt.trials if trial.ended == "cancelled"] == [2]
    assert len(hunt.trials) == 5


def test_equal_trials_are_won_by_the_earlier():
    trials = [Trial(n, {}, objective=0.5, ended="complete") for n in range(3)]
    assert best_of(trials).number == 0
