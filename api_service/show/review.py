"""The shapes of what waits for a clinician, of validators, of labels and of how readers agree."""

from datetime import datetime
from typing import Any
from uuid import UUID

from api_service.show.shape import Shape
from shared.domain.agreement import Agreement
from shared.registry.labels import Unknown
from shared.registry.reviews import Bias
from shared.registry.tables import Label, SecondRead, ValidatedCase, Validator, ValidatorFinding


class WorkItem(Shape):
    """One thing to read or to decide.

    `kind` is disagreement, audit or hard (a prediction, read blind, answered by `reading_id`; a hard one is
    on the list of `wanted_of`), review, second_read or adjudicate (a case, answered by `case_id`), unmapped
    (words that no label has, over `count` cases).
    """

    kind: str
    model_type: str
    reading_id: UUID | None = None
    prediction_id: UUID | None = None
    case_id: UUID | None = None
    text: str | None = None
    preparing: bool = False  # identifiers are being taken out of the text; ask again in a moment
    options: list[str] = []
    asked_at: datetime | None = None
    wanted_of: str | None = None
    diagnosis: str | None = None
    icd_code: str | None = None
    reasons: list[str] = []
    layers: list[str] = []  # image, mask: what /cases/{case_id}/picture shows
    words: str | None = None
    count: int | None = None

    @classmethod
    def review(cls, case: ValidatedCase, text: str | None) -> "WorkItem":
        """A case with its own label and why it waits."""
        return cls(
            kind="review",
            model_type=case.model_type,
            case_id=case.id,
            text=text,
            diagnosis=case.diagnosis,
            icd_code=case.icd_code,
            reasons=[str(reason) for reason in case.review_reasons],
            asked_at=case.created_at,
            layers=sorted(case.media),
        )

    @classmethod
    def read_again(cls, asked: SecondRead, case: ValidatedCase, text: str | None) -> "WorkItem":
        """A case for the second reader, who sees no label, or for the third, who sees both in one order."""
        third = asked.answered_at is not None
        return cls(
            kind="adjudicate" if third else "second_read",
            model_type=case.model_type,
            case_id=case.id,
            text=text,
            options=sorted({asked.first_label, asked.second_label or ""}) if third else [],
            asked_at=asked.asked_at,
            layers=sorted(case.media),
        )

    @classmethod
    def unmapped(cls, model_type: str, one: Unknown) -> "WorkItem":
        """Words to be given a label."""
        return cls(kind="unmapped", model_type=model_type, words=one.words, count=one.n, icd_code=one.code)


class Taken(Shape):
    """`POST /validations`: the reading as it is kept, and how the case stands after it."""

    status: str
    message: str
    diagnosis: str
    reading_id: UUID | None = None
    case_id: UUID | None = None
    kind: str | None = None
    state: str | None = None


class Asked(Shape):
    """`POST /cases/{id}/second-read`: whether the case waits for a second reader now."""

    status: str
    message: str
    case_id: UUID


class Kappa(Shape):
    """Agreement beyond chance with its 95 % interval; shares and kappa are no percentages."""

    n: int
    share: float
    kappa: float | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, found: Agreement) -> "Kappa":
        """From the figures."""
        return cls(n=found.n, share=found.share, kappa=found.kappa, low=found.low, high=found.high)


class AutomationBias(Shape):
    """How much oftener readers agree with the model when its answer is shown; a share with its interval."""

    shown: int
    blind: int
    difference: float | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, found: Bias) -> "AutomationBias":
        """From the figures."""
        return cls(**vars(found))


class AgreementShown(Shape):
    """`GET /validations/agreement`."""

    model_type: str
    overall: Kappa
    by_label: dict[str, Kappa]
    automation_bias: AutomationBias


class Finding(Shape):
    """One reason to look again at a validator's cases; `share`, `low`, `high` are shares."""

    kind: str
    n: int
    details: dict[str, Any]
    found_at: datetime

    @classmethod
    def of(cls, row: ValidatorFinding) -> "Finding":
        """One row."""
        return cls(kind=row.kind, n=row.n, details=dict(row.details), found_at=row.found_at)


class ValidatorShown(Shape):
    """One validator with what was found about the cases."""

    id: UUID
    name: str
    aliases: list[str]
    role: str
    qualified: bool
    active: bool
    by_hand: bool
    findings: list[Finding]

    @classmethod
    def of(cls, row: Validator, found: list[ValidatorFinding]) -> "ValidatorShown":
        """One row."""
        return cls(
            id=row.id,
            name=row.name,
            aliases=[str(alias) for alias in row.aliases],
            role=row.role,
            qualified=row.qualified,
            active=row.active,
            by_hand=row.source_id is None,
            findings=[Finding.of(one) for one in found if one.validator_id == row.id],
        )


class LabelShown(Shape):
    """One label with what else means it."""

    label: str
    codes: list[str]
    aliases: list[str]
    languages: dict[str, str]
    must_not_miss: bool

    @classmethod
    def of(cls, row: Label) -> "LabelShown":
        """One row."""
        return cls(
            label=row.label,
            codes=[str(code) for code in row.codes],
            aliases=[str(alias) for alias in row.aliases],
            languages={str(alias): str(language) for alias, language in row.languages.items()},
            must_not_miss=row.must_not_miss,
        )


class Learnt(Shape):
    """`POST /labels/map`: how many waiting cases are judged again."""

    status: str
    message: str
    label: str
    judged_again: int
