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


class GroupChange(Shape):
    """One group of the cases: how many there are, and how many each of the two gets right."""

    attribute: str  # "diagnosis" for the truth itself, else an attribute of the person or the site
    name: str
    n: int
    right_a: int
    right_b: int


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
    groups: list[GroupChange]
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
            groups=_groups(found),
            cases=[ChangedCase.of(pair) for pair in changed[:limit]],
        )


def _groups(found: Sequence[Pair]) -> list[GroupChange]:
    """By diagnosis, then by every attribute that a case has; by name within each."""
    members: dict[tuple[str, str], list[Pair]] = {}
    for pair in found:
        for attribute, name in (("diagnosis", pair.truth), *pair.subgroup.items()):
            members.setdefault((attribute, name), []).append(pair)
    ordered = sorted(members.items(), key=lambda one: (one[0][0] != "diagnosis", one[0]))
    return [
        GroupChange(
            attribute=attribute,
            name=name,
            n=len(pairs),
            right_a=sum(pair.right[0] for pair in pairs),
            right_b=sum(pair.right[1] for pair in pairs),
        )
        for (attribute, name), pairs in ordered
    ]
