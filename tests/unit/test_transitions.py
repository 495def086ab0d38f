"""Every change of who serves, as rules alone: moves, seats after them, and what is refused."""

import pytest

from shared.domain.cycle import VersionState as State
from shared.domain.transitions import (
    CANARY,
    Entrant,
    NothingToGoBackToError,
    NotSeatedError,
    NotServableError,
    Seats,
    SeatTakenError,
    advance,
    bootstrap,
    check_seats,
    compared,
    end,
    follows_on,
    held,
    leaving,
    may_settle,
    may_start,
    may_unload,
    promote,
    roll_back,
    settle,
    start,
    still_runs,
    why_not,
)
from shared.errors import ConflictError

ALONE = Seats(4, "old")
CHALLENGED = Seats(5, "old", challenger="young", share=0.25, shadow=True, salt="young")
WATCHED = Seats(6, "young", standby="old", shadow=True)
FULL = Seats(7, "young", challenger="new", standby="old", share=0.05, shadow=True, salt="new")
FINE = Entrant(State.GATED, gate_passed=True)


def test_the_first_version_is_live_at_once():
    change = bootstrap("first")
    assert (change.transition, change.moves) == ("gated>live", (("first", State.LIVE),))
    assert change.seats == Seats(1, "first")


def test_a_challenge_begins_in_shadow_and_serves_nobody():
    change = start(ALONE, "young")
    assert change.moves == (("young", State.REPLAY), ("young", State.SHADOW))
    assert change.seats == Seats(5, "old", challenger="young", share=0.0, shadow=True, salt="young")
    assert start(WATCHED, "new").seats.standby == "old"
    with pytest.raises(SeatTakenError):
        start(CHALLENGED, "new")


@pytest.mark.parametrize(
    ("state", "share", "after"),
    [(State.SHADOW, 0.3, CANARY[0]), (CANARY[0], 0.26, CANARY[1]), (CANARY[1], 0.99, CANARY[2])],
)
def test_a_step_of_the_ramp_only_ever_adds_persons(state, share, after):
    change = advance(CHALLENGED, "young", state, share=share)
    assert (change.transition, change.moves) == (f"{state}>{after}", (("young", after),))
    assert change.seats == CHALLENGED._replace(number=6, share=share)


@pytest.mark.parametrize(
    ("version", "state", "share"),
    [
        ("young", CANARY[0], 0.25),  # no more than it has
        ("young", CANARY[0], 0.1),
        ("young", CANARY[1], 1.0),  # everybody is a promotion
        ("young", CANARY[2], 0.9),  # the last step
        ("old", State.SHADOW, 0.5),  # not the challenger
    ],
)
def test_other_steps_are_refused(version, state, share):
    with pytest.raises(NotSeatedError):
        advance(CHALLENGED, version, state, share=share)


def test_a_promotion_keeps_the_version_before_it_warm_and_retires_the_one_before_that():
    change = promote(FULL, "new", CANARY[2])
    assert change.moves == (("old", State.RETIRED), ("young", State.STANDBY), ("new", State.LIVE))
    assert change.seats == Seats(8, "new", standby="young", shadow=True)
    assert promote(CHALLENGED, "young", CANARY[2]).moves == (("old", State.STANDBY), ("young", State.LIVE))
    with pytest.raises(NotSeatedError):
        promote(ALONE, "young", CANARY[2])


def test_a_challenger_that_goes_leaves_the_others_where_they_are():
    change = roll_back(FULL, "new", CANARY[0])
    assert (change.transition, change.moves) == (f"{CANARY[0]}>rolled_back", (("new", State.ROLLED_BACK),))
    assert change.seats == Seats(8, "young", standby="old", shadow=True)


def test_a_live_version_that_goes_takes_its_challenger_with_it():
    change = roll_back(FULL, "young", State.LIVE)
    gone = (("new", State.ROLLED_BACK), ("young", State.ROLLED_BACK), ("old", State.LIVE))
    assert (change.moves, change.seats, change.fallen) == (gone, Seats(8, "old"), "new")
    assert roll_back(WATCHED, "young", State.LIVE).moves == gone[1:]


def test_without_a_warm_version_nothing_is_rolled_back():
    with pytest.raises(NothingToGoBackToError):
        roll_back(CHALLENGED, "old", State.LIVE)
    with pytest.raises(NotSeatedError):
        roll_back(CHALLENGED, "stranger", State.LIVE)


def test_a_challenge_without_a_finding_ends_without_blame_in_shadow():
    assert end(CHALLENGED, "young", State.SHADOW).moves == (("young", State.RETIRED),)
    assert end(CHALLENGED, "young", CANARY[0]).moves == (("young", State.ROLLED_BACK),)
    assert end(CHALLENGED, "young", CANARY[0]).seats == Seats(6, "old")


def test_what_has_settled_needs_no_warm_version_any_more():
    change = settle(FULL, "young")
    assert change.moves == (("old", State.RETIRED),)
    assert change.seats == FULL._replace(number=8, standby=None)
    assert settle(WATCHED, "young").seats == Seats(7, "young")
    assert settle(ALONE, "old").moves == ()
    with pytest.raises(NotSeatedError):
        settle(FULL, "new")


@pytest.mark.parametrize(
    ("seats", "to", "gone"),
    [
        (FULL, None, "new"),  # it answers somebody: it goes first
        (FULL, "young", "new"),
        (FULL, "old", "young"),
        (FULL._replace(share=0.0), None, "young"),  # a silent one harms nobody
        (CHALLENGED._replace(share=0.0), None, "young"),  # there is nobody else
        (WATCHED, None, "young"),
        (WATCHED, "old", "young"),
    ],
)
def test_who_has_to_go(seats, to, gone):
    assert leaving(seats, to) == gone


@pytest.mark.parametrize(
    ("seats", "to", "way_out"),
    [
        (FULL, "stranger", "choose old or young"),
        (WATCHED, "young", "choose old"),
        (ALONE, None, "deploy another version"),
        (ALONE, "old", "deploy another version"),
    ],
)
def test_where_nobody_stands_warm_the_way_out_is_named(seats, to, way_out):
    with pytest.raises(NothingToGoBackToError) as refused:
        leaving(seats, to)
    assert (refused.value.fix, refused.value.field) == (way_out, "to_version")


def test_every_reason_against_a_deployment_is_told():
    assert why_not(FINE) == why_not(FINE._replace(state=State.SHADOW)) == []
    bad = Entrant(State.REJECTED, gate_passed=False, blocked=True, tainted=("a label was wrong",))
    assert why_not(bad, ["accuracy: lower"]) == [
        "tainted: a label was wrong",
        "blocked by a person",
        "accuracy: lower",
        "no gate was passed over exactly these bytes",
        "it is rejected, not gated",
    ]
    assert why_not(FINE, ["of another time"]) == []


@pytest.mark.parametrize(
    ("entrant", "may"),
    [
        (FINE, True),
        (FINE._replace(blocked=True), False),
        (FINE._replace(tainted=("x",)), False),
        (FINE._replace(state=State.LIVE), False),
    ],
)
def test_who_may_take_the_challengers_seat(entrant, may):
    assert may_start(entrant) is may


def seated(**changed):
    """The entrants of a full plan, all of them fine but for what is changed."""
    states = {"young": State.LIVE, "new": CANARY[0], "old": State.STANDBY}
    return {
        name: Entrant(state, gate_passed=True)._replace(**changed.get(name, {}))
        for name, state in states.items()
    }


def test_nobody_sits_down_who_may_not_serve():
    check_seats(FULL, seated())
    for fault in ({"gate_passed": False}, {"blocked": True}, {"state": State.RETIRED}):
        for name in FULL.named():
            with pytest.raises(NotServableError):
                check_seats(FULL, seated(**{name: fault}))


def test_a_blocked_version_may_stay_where_it_sat():
    blocked = {"blocked": True}
    check_seats(FULL, seated(young=blocked), before=FULL)
    check_seats(FULL, seated(old=blocked), before=FULL)
    check_seats(FULL, seated(old=blocked), before=Seats(6, "old", challenger="young"))
    with pytest.raises(NotServableError):
        check_seats(FULL, seated(young=blocked), before=Seats(6, "old", challenger="young"))
    with pytest.raises(NotServableError):
        check_seats(FULL, seated(new=blocked), before=FULL)


def test_who_is_compared_and_for_how_long():
    assert compared(ALONE) == []
    assert compared(FULL) == [("new", "young"), ("young", "old")]
    assert still_runs(("new", "young"), FULL)
    assert not still_runs(("new", "young"), WATCHED)
    assert follows_on(7, 7)
    assert not follows_on(6, 7)


@pytest.mark.parametrize(
    ("asked", "waits"),
    [
        ({"paused": True, "two_people": True, "word": "approved"}, "advance"),
        ({"paused": False, "two_people": True, "word": None}, "promote"),
        ({"paused": False, "two_people": True, "word": "approved"}, None),
        ({"paused": False, "two_people": False, "word": None}, None),
    ],
)
def test_which_moves_wait(asked, waits):
    assert held(**asked) == waits


def test_when_a_version_has_settled_and_when_its_memory_is_free():
    needed = (14, 1000)
    assert may_settle(State.LIVE, days=14, cases=1000, needed=needed)
    assert not may_settle(State.LIVE, days=13.9, cases=1000, needed=needed)
    assert not may_settle(State.LIVE, days=14, cases=999, needed=needed)
    assert not may_settle(State.STANDBY, days=14, cases=1000, needed=needed)
    assert may_unload("gone", State.RETIRED, FULL)
    assert may_unload("old", State.ROLLED_BACK, None)
    assert not may_unload("old", State.RETIRED, FULL)
    assert not may_unload("gone", State.STANDBY, FULL)


def test_every_refusal_says_a_way_out():
    for deed, fix in (
        (lambda: start(CHALLENGED, "new"), "wait for its end, or roll it back"),
        (lambda: advance(CHALLENGED, "young", CANARY[0], share=0.1), "see the policy's ramp"),
        (lambda: promote(ALONE, "young", CANARY[2]), "see `rounds models current`"),
        (lambda: roll_back(CHALLENGED, "old", State.LIVE), "deploy another version"),
        (lambda: check_seats(ALONE, {"old": FINE}), "`rounds models show` says why"),
    ):
        with pytest.raises(ConflictError) as refused:
            deed()
        assert refused.value.fix == fix


def test_a_change_is_told_by_where_it_came_from_and_whom_it_is_about():
    told = {
        start(ALONE, "young"): ("gated>shadow", "young"),
        promote(FULL, "new", CANARY[2]): ("canary_50>live", "new"),
        roll_back(FULL, "young", State.LIVE): ("live>rolled_back", "young"),
        end(CHALLENGED, "young", State.SHADOW): ("shadow>retired", "young"),
        end(CHALLENGED, "young", CANARY[1]): ("canary_25>rolled_back", "young"),
        settle(FULL, "young"): ("live>settled", "young"),
    }
    assert {change: (change.transition, change.subject) for change in told} == told
    assert [change.fallen for change in told] == [None, None, "new", None, None, None]
    assert roll_back(WATCHED, "young", State.LIVE).fallen is None


def test_who_challenges_nobody_is_moved_as_a_challenger():
    for deed in (
        lambda: advance(ALONE, "young", State.SHADOW, share=0.5),
        lambda: end(ALONE, "young", State.SHADOW),
        lambda: settle(ALONE, "young"),
    ):
        with pytest.raises(NotSeatedError):
            deed()


def test_a_seat_holds_one_and_an_empty_plan_names_its_champion_alone():
    assert Seats(1, "a") == Seats(1, "a", None, None, 0.0, False, "")
    assert (Seats(1, "a").named(), FULL.named()) == (("a",), ("young", "new", "old"))
    assert Entrant(State.GATED, gate_passed=True) == Entrant(State.GATED, True, False, ())
    assert CANARY == ("canary_5", "canary_25", "canary_50")


def test_the_ends_of_a_road_are_three():
    ends = {state for state in State if may_unload("x", state, None)}
    assert ends == {State.ROLLED_BACK, State.RETIRED, State.REJECTED}


@pytest.mark.parametrize("state", list(State))
def test_only_who_is_in_service_or_on_the_way_keeps_a_seat(state):
    may_serve = {State.REPLAY, State.SHADOW, *CANARY, State.LIVE, State.STANDBY}
    entrants = {"old": Entrant(state, gate_passed=True)}
    if state in may_serve:
        check_seats(ALONE, entrants)
    else:
        with pytest.raises(NotServableError):
            check_seats(ALONE, entrants)


def test_a_blocked_version_takes_no_other_seat():
    blocked = {"blocked": True}
    for before in (
        None,
        Seats(6, "other"),
        Seats(6, "other", challenger="old"),
        Seats(6, "other", challenger="young"),
    ):
        for name in ("young", "old"):
            with pytest.raises(NotServableError):
                check_seats(FULL, seated(**{name: blocked}), before=before)
    with pytest.raises(NotServableError):  # from the warm seat to the challenger's
        check_seats(FULL, seated(new=blocked), before=Seats(6, "young", standby="new"))
    with pytest.raises(NotServableError):  # from the warm seat to the champion's
        check_seats(FULL, seated(young=blocked), before=Seats(6, "old", standby="young"))


@pytest.mark.parametrize(
    ("seats", "to", "warm"),
    [(CHALLENGED, "stranger", "choose old"), (FULL._replace(challenger=None), "young", "choose old")],
)
def test_only_who_stands_warm_is_offered(seats, to, warm):
    with pytest.raises(NothingToGoBackToError) as refused:
        leaving(seats, to)
    assert refused.value.fix == warm
    assert f"{to} does not stand warm behind {seats.champion}" in str(refused.value)


def test_a_rollback_to_nobody_in_particular_says_so():
    with pytest.raises(NothingToGoBackToError, match="no version does not stand warm behind old"):
        leaving(ALONE, None)


def test_the_longest_and_the_fewest_that_settle():
    assert may_settle(State.LIVE, days=15, cases=2000, needed=(14, 1000))
    assert held(paused=True, two_people=False, word=None) == "advance"
    assert held(paused=False, two_people=True, word="refused") == "promote"
