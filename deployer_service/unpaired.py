"""The comparison without shadow: outcomes of two randomly assigned arms, weighed by the share in force."""

from collections.abc import Mapping
from typing import Any

from deployer_service.facts import Case
from shared.domain.rollout import Terms
from shared.domain.significance import NO_EVIDENCE, Logs, randomised_difference, reaches, vote

_PRIOR_CASES, _PRIOR_MEAN = 10.0, 0.8  # where the running mean of outcomes begins


class Unpaired:
    """Valid by the randomisation alone, and blind to small gains: it needs several times the labels."""

    def __init__(self, terms: Terms, state: Mapping[str, Any] | None = None) -> None:
        self._terms = terms
        state = state or {}
        self.superior: Logs = tuple(state.get("superior", NO_EVIDENCE))
        self.harm: Logs = tuple(state.get("harm", NO_EVIDENCE))
        self.open: dict[str, list[Any]] = dict(
            state.get("open", {})
        )  # key: challenged, label, share, patient
        self.patients: set[str] = set(state.get("patients", ()))
        self.shares: list[list[float]] = [list(row) for row in state.get("shares", ())]  # since, share
        self.outcomes: list[float] = list(state.get("outcomes", (_PRIOR_CASES, _PRIOR_CASES * _PRIOR_MEAN)))

    def dump(self) -> dict[str, Any]:
        """Everything above as JSON."""
        names = ("superior", "harm", "open", "shares", "outcomes")
        return {name: getattr(self, name) for name in names} | {"patients": sorted(self.patients)}

    def share_is(self, share: float, *, since: float) -> None:
        """Cases from now on are assigned with this share."""
        if not self.shares or self.shares[-1][1] != share:
            self.shares.append([since, share])

    def arrive(self, case: Case) -> None:
        """Take in a case that one of the two arms answered, while both had a chance to."""
        share = next((share for since, share in reversed(self.shares) if since <= case.t), 0.0)
        label = case.challenger if case.challenged else case.champion
        if 0 < share < 1 and (case.patient is None or case.patient not in self.patients):
            self.open[case.key] = [case.challenged, label, share, case.patient]

    def label(self, key: str, truth: Any) -> bool:
        """Count the first label of a case, one case a patient; whether it counted."""
        found = self.open.pop(key, None)
        if found is None or found[3] in self.patients:
            return False
        challenged, label, share, patient = found
        if patient is not None:
            self.patients.add(patient)
        right = float(label == truth)
        x = randomised_difference(
            right, self.outcomes[1] / self.outcomes[0], challenged=challenged, share=share
        )
        self.superior, self.harm = vote(self.superior, x), vote(self.harm, -x)
        self.outcomes = [self.outcomes[0] + 1, self.outcomes[1] + right]
        return True

    def is_harmful(self) -> bool:
        """Whether the challenger is surely worse."""
        return reaches(self.harm, 2 / self._terms.alpha_rollback)

    def is_superior(self, step: int) -> bool:
        """Whether the evidence is enough for what follows this step: all of it only for the promotion."""
        part = (step + 1) / len(self._terms.ramp)
        return reaches(self.superior, (1 / self._terms.alpha_promote) ** part)
