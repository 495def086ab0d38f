"""What an exam measured, as rows: both versions on the one frozen set, and on the audit sample within it."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from deployer_service import evaluate_pictures
from shared.domain import metrics
from shared.domain.gate import Given, JudgedCase
from shared.domain.metrics import Scored
from shared.registry.tables import ModelPerformance, ModelVersion

if TYPE_CHECKING:
    from deployer_service.evaluate import Marked


def of(marked: "Marked") -> list[ModelPerformance]:
    """What both versions measured on the one frozen set, and on the audit sample within it."""
    exam = marked.exam
    if marked.examined:
        return _of_masks(marked)
    drawn = [place for place, one in enumerate(exam.examples) if one.case_id in exam.audited]
    found = []
    for purpose, places in (("gate", range(len(marked.cases))), ("audit", drawn)):
        cases = [(marked.cases[place], exam.examples[place].weight) for place in places]
        mine = [(case, case.candidate, weight) for case, weight in cases]
        others = [(case, case.champion, weight) for case, weight in cases if case.champion]
        found += [_performance(exam.version, mine, marked, purpose=purpose)] if mine else []
        if exam.champion is not None and others:
            found.append(_performance(exam.champion, others, marked, purpose=purpose))
    return found


def _of_masks(marked: "Marked") -> list[ModelPerformance]:
    """Both versions on the one frozen set; the untrained decoder is none: the verdict has it."""
    exam = marked.exam
    sides = [(exam.version, False)] + ([(exam.champion, True)] if exam.champion else [])
    found = []
    for version, compared in sides:
        figures = evaluate_pictures.measured(marked.examined, compared=compared)
        values = {name: one.value for name, one in figures.items()}
        found.append(
            ModelPerformance(
                model_version_id=version.id,
                model_version=version.name,
                model_type=version.model_type,
                dataset_version_id=exam.version.dataset_version_id,
                purpose="gate",
                n=len(marked.examined),
                dice_score=values.pop("dice"),
                iou_score=values.pop("iou"),
                **values,
                intervals={name: [one.low, one.high] for name, one in figures.items()},
                per_class={},
                subgroups={},
                created_at=marked.now,
            )
        )
    return found


def _performance(
    version: ModelVersion,
    given: Sequence[tuple[JudgedCase, Given, float]],
    marked: "Marked",
    *,
    purpose: str,
) -> ModelPerformance:
    """Every case counts once for the gate; in the audit sample by the inverse of its chance."""
    weighed = purpose == "audit"
    report = metrics.measure(
        [
            Scored(case.truth, one.label, one.confidence, weight if weighed else 1.0, case.subgroup)
            for case, one, weight in given
        ]
    )
    return ModelPerformance(
        model_version_id=version.id,
        model_version=version.name,
        model_type=version.model_type,
        dataset_version_id=marked.exam.version.dataset_version_id,
        purpose=purpose,
        n=report.n,
        accuracy=report.accuracy.value,
        precision=report.precision.value,
        recall=report.recall.value,
        f1_score=report.f1_score.value,
        intervals=report.intervals,
        per_class={label: asdict(one) for label, one in report.per_class.items()},
        subgroups={
            name: {value: asdict(one) for value, one in table.items()}
            for name, table in report.subgroups.items()
        },
        calibration_error=report.calibration_error.value,
        created_at=marked.now,
    )
