"""The shape of the answers that two versions give differently."""

from collections.abc import Sequence
from uuid import UUID

from api_service.show.shape import Shape
from shared.registry.changed_answers import Pair


class ChangedCase(Shape):
    """One case that the two answer differently; confidences are shares, 0 to 1."""

    case_id: UUID
    truth: str
    label_a: str
    confidence_a: float
    label_b: str
    confidence_b: float
    better: str  # model_a, model_b or neither
    subgroup: dict[str, str]

    @classmethod
    def of(cls, pair: Pair) -> "ChangedCase":
        """One row."""
        first, second = pair.right
        return cls(
            case_id=pair.case_id,
            truth=pair.truth,
            label_a=pair.first["label"],
            confidence_a=round(pair.first["confidence"], 4),
            label_b=pair.second["label"],
            confidence_b=round(pair.second["confidence"], 4),
            better="model_b" if second else "model_a" if first else "neither",
            subgroup=dict(pair.subgroup),
        )


class ChangedAnswers(Shape):
    """`GET /models/compare/answers`: of `n` cases how many each gets right, and those that changed."""

    status: str
    message: str
    model_a: str
    model_b: str
    n: int
    both_right: int
    only_a_right: int
    only_b_right: int
    neither_right: int
    changed: int
    cases: list[ChangedCase]

    @classmethod
    def of(cls, names: tuple[str, str], found: Sequence[Pair], limit: int) -> "ChangedAnswers":
        """The counts over all pairs; of the changed ones first those that only the first got right."""
        order = {(True, False): 0, (False, True): 1}
        changed = [pair for pair in found if pair.changed]
        changed.sort(key=lambda pair: (order.get(pair.right, 2), str(pair.case_id)))
        rights = [pair.right for pair in found]
        return cls(
            status="comparable" if found else "not_comparable",
            message=f"{len(changed)} of {len(found)} cases are answered differently"
            if found
            else "no exam kept answers of both on the same cases",
            model_a=names[0],
            model_b=names[1],
            n=len(found),
            both_right=rights.count((True, True)),
            only_a_right=rights.count((True, False)),
            only_b_right=rights.count((False, True)),
            neither_right=rights.count((False, False)),
            changed=len(changed),
            cases=[ChangedCase.of(pair) for pair in changed[:limit]],
        )
