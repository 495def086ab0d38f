"""The evidence of a challenge: every claim's bets, the guardrails, and the counts they rest on."""

from collections.abc import Mapping
from math import log
from typing import Any
from zlib import crc32

from deployer_service.facts import Case
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
        self.harm = Harm(state.get("harm", NO_EVIDENCE), state.get("harm_late"))
        self.detector: Logs = tuple(state.get("detector", NO_EVIDENCE))
        self.gate: Logs = tuple(state.get("gate", NO_MARGIN_EVIDENCE))
        self.gate_passed: bool = state.get("gate_passed", not terms.must_not_miss)
        self.gate_patients: dict[int, int] = dict.fromkeys(state.get("gate_patients", ()), 1)
        self.calibration: Logs = tuple(state.get("calibration", NO_EVIDENCE))
        # Agreements so far, and the sum of the challenger's confidence minus the champion's over them.
        self.confidence: list[float] = list(state.get("confidence", (0, 0.0)))
        self.groups: dict[str, dict[str, Any]] = {
            name: dict(group) | {"harm": Harm(group["logs"], group.get("late"))}
            for name, group in sorted(state.get("groups", {}).items(), key=lambda item: item[1]["place"])
        }

        self._mixes: dict[tuple[tuple[str, ...], bool], list[dict[str, Any]]] = {}

    def dump(self) -> dict[str, Any]:
        """Everything above as JSON; a ledger made from it goes on as this one would."""
        names = ("superior", "detector", "gate", "gate_passed", "calibration", "confidence", "counts")
        return (
            {name: getattr(self, name) for name in names}
            | {"gate_patients": list(self.gate_patients)}
            | {"harm": self.harm.whole, "harm_late": self.harm.saved_late()}
            | {"groups": {name: _saved(group) for name, group in self.groups.items()}}
        )

    def is_risky(self, case: Case) -> bool:
        """Whether either answer is a class that must not be missed."""
        return case.champion in self._terms.must_not_miss or case.challenger in self._terms.must_not_miss

    def pair(self, case: Case) -> None:
        """Count a case that both versions answered; where they agree it needs no label."""
        dangerous = self._terms.must_not_miss
        agrees = case.champion == case.challenger
        risky = case.champion in dangerous or (not agrees and case.challenger in dangerous)
        self.counts["pairs"] += 1
        groups = self._groups_of(case.groups, risky=risky)
        for group in groups:
            group["cases"] += 1
        if not agrees:
            self.counts["disagreements"] += 1
            for group in groups:
                group["disagreements"] += 1
            return
        sure, surer = case.champion_confidence, case.challenger_confidence
        if sure is not None and surer is not None:
            self.confidence[0] += 1
            self.confidence[1] += surer - sure

    def agree(self, case: Case) -> None:
        """Count an agreement on what must not be missed for the gate, a patient once as the votes are."""
        if self.is_risky(case) and self._is_fresh(case.patient):
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
        if not live and self.harm.log_e >= -log(HARM_ALPHA_SHARE * alpha):
            return "worse than the champion"
        for name, group in self.groups.items():
            share = self._terms.group_share(group["place"])
            if share and group["harm"].log_e >= -log(GROUP_ALPHA_SHARE * alpha * share):
                return f"worse in {name}"
        if reaches(self.calibration, 1 / (CALIBRATION_ALPHA_SHARE * alpha)):
            return "more overconfident than the champion"
        return None

    def is_superior(self) -> bool:
        """Whether the evidence that the challenger is better stands at 1 / alpha_promote now."""
        return reaches(self.superior, 1 / self._terms.alpha_promote)

    def suspicion(self) -> str | None:
        """What looks harmed, though not surely; the ramp waits for more readings there."""
        if self.harm.log_e >= _DOUBT:
            return "it may have become worse of late"
        if reaches(self.calibration, _SUSPICION):
            return "it may be more overconfident than the champion"
        for name, group in self.groups.items():
            read = max(group["votes"], 1) * max(group["cases"], 1)
            drop = -group["net"] * group["disagreements"] / read
            if drop >= self._terms.subgroup_drop and group["harm"].log_e >= log(_SUSPICION):
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
        challenger = case.challenger_confidence - (truth == case.challenger)
        champion = case.champion_confidence - (truth == case.champion)
        disagree = self.counts["disagreements"] / self.counts["pairs"]
        rise = (1 - disagree) * total / agreements + disagree * (challenger - champion)
        x = (rise - self._terms.ece_increase) / _SPREAD
        self.calibration = vote(self.calibration, weight * min(max(x, -1.0), 1.0))

    def _groups_of(self, names: tuple[str, ...], *, risky: bool) -> list[dict[str, Any]]:
        """The groups of a case, looked up once for each mix of names."""
        found = self._mixes.get((names, risky))
        if found is None:
            found = [self._group(name) for name in ((*names, MUST_NOT_MISS) if risky else names)]
            self._mixes[names, risky] = found
        return found

    def _group(self, name: str) -> dict[str, Any]:
        group = self.groups.get(name)
        if group is None:
            place = len(self.groups) + 1
            group = {
                "harm": Harm(),
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
    return kept | {"logs": harm.whole, "late": harm.saved_late()}
