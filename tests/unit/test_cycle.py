import pytest

from shared.domain.cycle import (
    CHALLENGING,
    MOVES,
    SERVABLE,
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


# Every edge of every record; what has no line leads nowhere.
EDGES = """
CaseState discovered: deidentified needs_review rejected superseded withdrawn
CaseState deidentified: checked needs_review rejected superseded withdrawn
CaseState checked: pending needs_review validated rejected superseded withdrawn
CaseState pending: needs_review validated rejected superseded withdrawn
CaseState needs_review: validated rejected superseded withdrawn
CaseState validated: needs_review rejected superseded withdrawn
CaseState rejected: superseded withdrawn
RunState queued: leased cancelled failed
RunState leased: running queued failed cancelled
RunState running: completed queued failed cancelled
ChunkState queued: leased failed
ChunkState leased: done queued failed
JobState queued: leased failed cancelled
JobState leased: running queued failed cancelled
JobState running: checkpointed evaluating queued failed cancelled
JobState checkpointed: running evaluating queued failed cancelled
JobState evaluating: completed queued failed cancelled
VersionState trained: gated rejected
VersionState gated: replay live retired
VersionState replay: shadow rolled_back retired
VersionState shadow: canary_5 rolled_back retired
VersionState canary_5: canary_25 rolled_back
VersionState canary_25: canary_50 rolled_back
VersionState canary_50: live rolled_back
VersionState live: standby rolled_back
VersionState standby: live retired
AlertState open: acknowledged resolved
AlertState acknowledged: resolved open
AlertState resolved: open
"""


def test_the_edges_are_these_and_no_others():
    told = [
        f"{states.__name__} {state.value}: {' '.join(after.value for after in afters)}"
        for states, edges in MOVES.items()
        for state, afters in edges.items()
    ]
    assert told == EDGES.strip().splitlines()


def test_a_move_along_an_edge_passes_and_any_other_is_refused():
    for states in MOVES:
        for now in states:
            for wanted in states:
                if wanted in MOVES[states].get(now, ()):
                    check_move(now, wanted)
                    assert not ended(now)
                    continue
                with pytest.raises(ForbiddenMoveError) as refused:
                    check_move(now, wanted)
                assert (refused.value.now, refused.value.wanted) == (now, wanted)
    assert ForbiddenMoveError.code == "forbidden_move"


def test_the_words_of_the_api_for_each_state_of_a_job():
    assert {state.value: public_job_status(state) for state in JobState} == {
        "queued": "queued",
        "leased": "running",
        "running": "running",
        "checkpointed": "running",
        "evaluating": "running",
        "completed": "completed",
        "failed": "failed",
        "cancelled": "cancelled",
    }


def test_who_challenges_and_who_may_serve():
    steps = ["replay", "shadow", "canary_5", "canary_25", "canary_50"]
    assert list(CHALLENGING) == steps
    assert list(SERVABLE) == [*steps, "live", "standby"]
