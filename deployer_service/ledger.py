"""The evidence of a challenge: every claim's bets, the guardrails, and the counts they rest on."""

from collections.abc import Mapping
from math import inf, log
from typing import Any
from zlib import crc32

from deployer_service.facts import CONFIDENCE_DIGITS, Case
from shared.domain.harm import Harm
from shared.domain.rollout import (
    CALIBRATION_ALPHA_SHARE,
    DETECTOR_THRESHOLD,
    DETECTOR_WEIGHTS,
    GATE_E_VALUE,
    GROUP_ALPHA_SHARE,
    HARM_ALPHA_SHARE,
    Terms,
)
from shared.domain.significance import (
    MARGIN_BETS,
    NO_EVIDENCE,
    NO_MARGIN_EVIDENCE,
    Logs,
    margin_vote,
    reaches,
    vote,
    watch,
)

MUST_NOT_MISS = "must_not_miss"
COUNTS = (
    "pairs",
    "disagreements",
    "asked",
    "votes",
    "wins",
    "losses",
    "neither",
    "repeats",
    "corrections",
    "exposed",
    "labelled",
    "expired",
)
_CONFIDENCE_CASES = 100  # agreements before the calibration is judged
_SPREAD = 0.5  # of the overconfidence of one case; larger values are cut
_SUSPICION = 4.0  # evidence of harm in a group that holds the ramp without ending it
_DOUBT = log(2.0)  # log evidence that a challenger with enough evidence has become worse since


class Ledger:
    """The bets on superiority, harm and every guardrail. Facts come in once, in order, one vote a patient."""

    def __init__(self, terms: Terms, state: Mapping[str, Any] | None = None) -> None:
        self._terms = terms
        state = state or {}
        self.counts: dict[str, int] = dict.fromkeys(COUNTS, 0) | dict(state.get("counts", {}))
        self.superior: Logs = tuple(state.get("superior", NO_EVIDENCE))
        self.harm = Harm(state.get("harm", NO_EVIDENCE), state.get("harm_late_e"))
        self.detector: Logs = tuple(state.get("detector", NO_EVIDENCE))
        self.gate: Logs = tuple(state.get("gate", NO_MARGIN_EVIDENCE))
        self.gate_passed: bool = state.get("gate_passed", not terms.must_not_miss)
        self.gate_patients: dict[int, int] = dict.fromkeys(state.get("gate_patients", ()), 1)
        self.calibration: Logs = tuple(state.get("calibration", NO_EVIDENCE))
        # Agreements so far, and the sum of the challenger's confidence minus the champion's over them.
        self.confidence: list[float] = list(state.get("confidence", (0, 0.0)))
        self.groups: dict[str, dict[str, Any]] = {
            name: dict(group)
            | {"harm": Harm(group["logs"], group.get("late_e")), "limit": self._limit(group["place"])}
            for name, group in sorted(state.get("groups", {}).items(), key=lambda item: item[1]["place"])
        }

        self._mixes: tuple[dict[tuple[str, ...], list[Any]], ...] = ({}, {})  # without and with risk

    def dump(self) -> dict[str, Any]:
        """Everything above as JSON; a ledger made from it goes on as this one would."""
        self._settle()
        names = ("superior", "detector", "gate", "gate_passed", "calibration", "confidence", "counts")
        return (
            {name: getattr(self, name) for name in names}
            | {"gate_patients": list(self.gate_patients)}
            | {"harm": self.harm.whole, "harm_late_e": self.harm.saved_late()}
            | {"groups": {name: _saved(group) for name, group in self.groups.items()}}
        )

    def is_risky(self, case: Case) -> bool:
        """Whether either answer is a class that must not be missed."""
        return case.champion in self._terms.must_not_miss or case.challenger in self._terms.must_not_miss

    def pair(self, case: Case) -> bool:
        """Count a case that both versions answered; whether they agree, which needs no label.

        A million cases come this way: they are counted by mix of groups, and told to the groups when asked.
        """
        champion, dangerous = case.champion, self._terms.must_not_miss
        agrees = champion == case.challenger
        risky = champion in dangerous or (not agrees and case.challenger in dangerous)
        mix = self._mixes[risky].get(case.groups)
        if mix is None:
            mix = self._mixes[risky][case.groups] = self._mix(case.groups, risky=risky)
        mix[0] += 1
        self.counts["pairs"] += 1
        if not agrees:
            mix[1] += 1
            self.counts["disagreements"] += 1
            return False
        sure, surer = case.champion_confidence, case.challenger_confidence
        if sure is not None and surer is not None:
            self.confidence[0] += 1
            self.confidence[1] += surer - sure
        return True

    def _settle(self) -> None:
        """Tell the groups of the cases since the last time."""
        for mix in (*self._mixes[0].values(), *self._mixes[1].values()):
            cases, disagreements, groups = mix
            if not cases:
                continue
            mix[0] = mix[1] = 0
            for group in groups:
                group["cases"] += cases
                group["disagreements"] += disagreements

    def agree(self, case: Case) -> None:
        """Count an agreement on what must not be missed for the gate, a patient once as the votes are."""
        if self._is_fresh(case.patient):
            self.gate = margin_vote(self.gate, 0.0, margin=self._terms.must_not_miss_drop)

    def vote(self, case: Case, truth: Any, *, weight: float, live: bool) -> int:
        """Count one blinded reading; 1 when the challenger was right, -1 the champion, 0 neither."""
        x = int(truth == case.challenger) - int(truth == case.champion)
        self.counts["votes"] += 1
        self.counts[{1: "wins", -1: "losses", 0: "neither"}[x]] += 1
        if x:
            self._bet(x * weight, live=live)
        for name in case.groups:
            self._bet_on_group(name, x, weight)
        self._judge_must_not_miss(case, x if truth in self._terms.must_not_miss else 0, weight)
        self._judge_calibration(case, truth, weight)
        return x

    def veto(self, *, live: bool) -> str | None:
        """Why the challenger has to go now; None when nothing says so."""
        alpha = self._terms.alpha_rollback
        if live and reaches(self.detector, DETECTOR_THRESHOLD, DETECTOR_WEIGHTS):
            return "worse than the version it replaced"
        if not live and self.harm.reaches(-log(HARM_ALPHA_SHARE * alpha)):
            return "worse than the champion"
        for name, group in self.groups.items():
            if group["harm"].reaches(group["limit"]):
                return f"worse in {name}"
        if reaches(self.calibration, 1 / (CALIBRATION_ALPHA_SHARE * alpha)):
            return "more overconfident than the champion"
        return None

    def is_superior(self) -> bool:
        """Whether the evidence that the challenger is better stands at 1 / alpha_promote now."""
        return reaches(self.superior, 1 / self._terms.alpha_promote)

    def suspicion(self) -> str | None:
        """What looks harmed, though not surely; the ramp waits for more readings there."""
        self._settle()
        if self.harm.reaches(_DOUBT):
            return "it may have become worse of late"
        if reaches(self.calibration, _SUSPICION):
            return "it may be more overconfident than the champion"
        for name, group in self.groups.items():
            read = max(group["votes"], 1) * max(group["cases"], 1)
            drop = -group["net"] * group["disagreements"] / read
            if drop >= self._terms.subgroup_drop and group["harm"].reaches(log(_SUSPICION)):
                return f"{name} may be harmed"
        return None

    def passes_gate(self, unread_risks: int) -> bool:
        """Whether must-not-miss recall is surely not worse by the tolerance, unread risks taken as misses."""
        if not self.gate_passed:
            miss = margin_vote(NO_MARGIN_EVIDENCE, -1.0, margin=self._terms.must_not_miss_drop)
            logs = tuple([self.gate[place] + unread_risks * miss[place] for place in range(len(MARGIN_BETS))])
            self.gate_passed = reaches(logs, GATE_E_VALUE)
            if self.gate_passed:
                self.gate_patients = {}
        return self.gate_passed

    def _bet(self, x: float, *, live: bool) -> None:
        if live:
            self.detector = watch(self.detector, -x)
        else:
            self.superior = vote(self.superior, x)
            self.harm.vote(-x)

    def _bet_on_group(self, name: str, x: int, weight: float) -> None:
        group = self._group(name)
        group["votes"] += 1
        group["net"] += x
        if x:
            group["harm"].vote(-x * weight)

    def _judge_must_not_miss(self, case: Case, x: int, weight: float) -> None:
        """`x` is the vote where the truth must not be missed, else 0."""
        if self.is_risky(case):
            if not self.gate_passed:
                self.gate = margin_vote(self.gate, x, margin=self._terms.must_not_miss_drop)
            self._bet_on_group(MUST_NOT_MISS, x, weight)

    def _is_fresh(self, patient: str | None) -> bool:
        """Whether the gate has not counted this patient; by a number of 32 bits, for the state's sake."""
        if patient is None:
            return True
        number = crc32(patient.encode())
        fresh = number not in self.gate_patients
        self.gate_patients[number] = 1
        return fresh

    def _judge_calibration(self, case: Case, truth: Any, weight: float) -> None:
        """Bet on a rise of overconfidence; agreements enter by their mean difference and need no label."""
        agreements, total = self.confidence
        if agreements < _CONFIDENCE_CASES or None in (case.champion_confidence, case.challenger_confidence):
            return
        assert case.champion_confidence is not None and case.challenger_confidence is not None
        # Rounded as a state keeps them: whoever goes on from the state must see the same numbers.
        challenger = round(case.challenger_confidence, CONFIDENCE_DIGITS) - (truth == case.challenger)
        champion = round(case.champion_confidence, CONFIDENCE_DIGITS) - (truth == case.champion)
        disagree = self.counts["disagreements"] / self.counts["pairs"]
        rise = (1 - disagree) * total / agreements + disagree * (challenger - champion)
        x = (rise - self._terms.ece_increase) / _SPREAD
        self.calibration = vote(self.calibration, weight * min(max(x, -1.0), 1.0))

    def _limit(self, place: int) -> float:
        """The log evidence at which the group of this place is a veto; infinity where it has no share."""
        share = self._terms.group_share(place)
        return -log(GROUP_ALPHA_SHARE * self._terms.alpha_rollback * share) if share else inf

    def _mix(self, names: tuple[str, ...], *, risky: bool) -> list[Any]:
        """Cases and disagreements that were not told yet, and the groups of whoever is in this mix."""
        return [0, 0, [self._group(name) for name in ((*names, MUST_NOT_MISS) if risky else names)]]

    def _group(self, name: str) -> dict[str, Any]:
        group = self.groups.get(name)
        if group is None:
            place = len(self.groups) + 1
            group = {
                "harm": Harm(),
                "limit": self._limit(place),
                "place": place,
                "cases": 0,
                "disagreements": 0,
                "votes": 0,
                "net": 0,
            }
            self.groups[name] = group
        return group


def _saved(group: Mapping[str, Any]) -> dict[str, Any]:
    """A group as JSON."""
    harm = group["harm"]
    kept = {name: group[name] for name in ("place", "cases", "disagreements", "votes", "net")}
    return kept | {"logs": harm.whole, "late_e": harm.saved_late()}
