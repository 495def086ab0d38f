import pytest

from shared.domain.cycle import (
    MOVES,
    CaseState,
    ForbiddenMoveError,
    JobState,
    VersionState,
    check_move,
    ended,
    public_job_status,
)


def reachable(start):
    seen, waiting = {start}, [start]
    while waiting:
        for state in MOVES[type(start)].get(waiting.pop(), ()):
            if state not in seen:
                seen.add(state)
                waiting.append(state)
    return seen


@pytest.mark.parametrize("states", list(MOVES))
def test_every_state_can_be_reached_from_the_first(states):
    assert reachable(next(iter(states))) == set(states)


def test_nothing_leads_out_of_a_rejected_or_rolled_back_version():
    assert ended(VersionState.REJECTED)
    assert ended(VersionState.ROLLED_BACK)


def test_no_version_serves_without_the_gate():
    ways_in = [before for before, after in MOVES[VersionState].items() if VersionState.LIVE in after]
    assert set(ways_in) == {VersionState.GATED, VersionState.CANARY_50, VersionState.STANDBY}


def test_a_withdrawn_case_never_comes_back():
    assert ended(CaseState.WITHDRAWN)


def test_a_move_off_the_edges_is_refused_by_name():
    with pytest.raises(ForbiddenMoveError, match="JobState completed cannot become running"):
        check_move(JobState.COMPLETED, JobState.RUNNING)


def test_the_api_folds_job_states_to_five():
    words = {public_job_status(state) for state in JobState}
    assert words == {"queued", "running", "completed", "failed", "cancelled"}
