"""Stage: canary. A gated version scores every case silently, then answers a growing share of persons."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.orm import Session

from deployer_service import challenge, slots
from deployer_service.challenge import Challenge, Step
from deployer_service.deps import Deps
from shared.domain.cycle import VersionState
from shared.domain.rollout import summary
from shared.registry import deployments, models, plans, predictions, releases, steering
from shared.registry.facts import Unpaired
from shared.registry.releases import Cause
from shared.registry.tables import ModelVersion

PAGE, BATCH = 128, 16  # cases scored between two decisions, and asked of the model server at a time
INPUT_PURPOSE = "prediction"
RULE = "rule:release"
ALONE = timedelta(days=7)  # a challenger has the slot to itself, whatever waits


def start_waiting(model_type: str, deps: Deps) -> None:
    """Begin the challenge of the newest version that waits for the slot, once it is loaded and answers."""
    with deps.sessions() as session:
        if models.challenger(session, model_type) or plans.current(session, model_type) is None:
            return
        waiting = deployments.wanted(session, model_type)
    if waiting is None:
        return
    slots.bring_up(deps, waiting)
    with deps.sessions.begin() as session:
        plans.lock(session, model_type)
        version = deployments.wanted(session, model_type)
        if version is None or version.id != waiting.id or models.challenger(session, model_type):
            return
        releases.start(session, version, Cause(RULE, "the gate passed and the slot is free", deps.clock()))


def follower(session: Session, version: ModelVersion, step: Step) -> ModelVersion | None:
    """The newer version that takes over from a challenger of which nothing good is known after a week.

    It answers nobody yet, and what was read of its answers does not speak for it: the newer one has learnt
    from the weeks since. A challenger that leads keeps the slot, as does one that people steer or compare.
    """
    is_young = step.row.at - version.state_since < ALONE
    said = summary(step.state)
    leads = said["log_e_superior"] > 0 or steering.asked(session, version) is not None
    if version.state is not VersionState.SHADOW or is_young or leads or not said["cases"]:
        return None
    return deployments.wanted(session, version.model_type)


def score_silently(compared: Challenge, deps: Deps) -> int:
    """Let both versions of a run say what they would have on cases the other answered; how many answers.

    The model server is asked outside any transaction, and what is answered is kept, whatever comes after.
    """
    with deps.sessions.begin() as session:
        if models.model_type(session, compared.challenger.model_type).family == "segmentation":
            return 0  # two masks are no two labels: such a challenge is decided by people
        cases = challenge.unpaired(session, compared, limit=PAGE, now=deps.clock())
    return sum(
        _score(version, [one for one in batch if version.id in one.lacks], deps)
        for batch in (cases[start : start + BATCH] for start in range(0, len(cases), BATCH))
        for version in (compared.champion, compared.challenger)
    )


def _score(version: ModelVersion, cases: Sequence[Unpaired], deps: Deps) -> int:
    """Put down what one version says of these cases."""
    if not cases:
        return 0
    texts = [deps.vault.open(one.sealed, INPUT_PURPOSE).decode() for one in cases]
    scores: list[dict[str, object]] = [
        {
            "prediction_id": one.id,
            "model_version_id": version.id,
            "label": answer.label,
            "confidence": answer.confidence,
            "at": deps.clock(),
        }
        for one, answer in zip(cases, deps.model_server.answer(version.digest, texts), strict=True)
    ]
    with deps.sessions.begin() as session:
        predictions.add_scores(session, scores)
    return len(scores)
