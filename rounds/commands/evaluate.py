"""`rounds evaluate`: score any case file with one model version, prepared as its training cases were."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rounds.commands import evaluate_pictures
from rounds.show import AsJson, say, show_json, show_rows
from rounds.site import Site, site

if TYPE_CHECKING:
    from shared.backends.base import Scorer
    from shared.domain.example import Answer
    from shared.domain.labels import LabelSpace
    from shared.domain.metrics import ClassMetrics, Estimate, Report

AT_ONCE = 50


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("evaluate")(evaluate)


def evaluate(
    *,
    model_version: Annotated[str, typer.Option(help="The version, such as diagnosis-3.")],
    cases: Annotated[Path, typer.Option(help="A case file: .jsonl, .ndjson or .csv.")],
    mapping: Annotated[
        str | None, typer.Option(help="A mapping's name or file; else the case format.")
    ] = None,
    untrained: Annotated[
        bool, typer.Option("--untrained", help="Masks: answer without what was learnt, to compare.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Score a case file; cases without a diagnosis or a mask are answered and not measured."""
    from shared.backends.base import Segmenter

    here = site()
    scorer, space, staff = _open(here, model_version)
    if isinstance(scorer, Segmenter):
        graded = evaluate_pictures.graded(scorer, cases, mapping, untrained=untrained)
        evaluate_pictures.tell(graded, model_version, scorer.labels[0], as_json=as_json)
        return
    found = list(_read(cases, mapping))
    texts = [_prepared(case, space, staff=staff, year=here.now.year) for case in found]
    answers = _answers(scorer, texts)
    report = _measured(found, answers, space)
    if as_json:
        show_json(
            {
                "model_version": model_version,
                "metrics": _metrics(report) if report else {"n": 0},
                "predictions": [
                    {"source_id": case.get("source_id"), "label": one.label, "confidence": one.confidence}
                    for case, one in zip(found, answers, strict=True)
                ],
            }
        )
    elif report is None:
        say(f"{len(answers)} cases answered; none has a diagnosis to measure against")
    else:
        rows = [{"metric": name} | _estimate(one) for name, one in report.overall.items()]
        show_rows(rows, as_json=False)


def _open(here: Site, name: str) -> "tuple[Scorer, LabelSpace, Sequence[str]]":
    """The version in this process, its label space, and the names of the staff that texts are cleaned of."""
    from deployer_service.origin import Origin
    from shared.domain.labels import LabelSpace
    from shared.registry import labels, models, validators

    with here.sessions() as session:
        version = models.by_name(session, name)
        space = LabelSpace.of(labels.of(session, version.model_type))
        staff = [row.name for row in validators.every(session)]
    return Origin(here.settings, here.sessions, here.storage).bring(version.digest), space, staff


def _read(path: Path, mapping: str | None) -> Iterable[dict[str, Any]]:
    from shared.errors import InvalidInputError
    from worker_collection.sources.files import read_cases

    for number, case in enumerate(read_cases(path, mapping), start=1):
        if not isinstance(case.get("text"), str) or not case["text"].strip():
            raise InvalidInputError(f"case {number} has no text", field="text", fix="name its mapping")
        yield case


def _prepared(case: dict[str, Any], space: "LabelSpace", *, staff: Sequence[str], year: int) -> str:
    """The text as collection would store it: no orders, no identifiers, no answer in the question."""
    from worker_collection.check import neutralised, phrases_of, prepare_text
    from worker_collection.deidentify import deidentify

    written = case.get("diagnosis")
    label = _truth(case, space)
    visible, _ = neutralised(case["text"])
    cleaned = deidentify(visible, case.get("known") or {}, this_year=year, staff=staff)
    phrases = phrases_of(space.entry(label), str(written)) if label else ()
    return prepare_text(cleaned.text, phrases).text


def _truth(case: dict[str, Any], space: "LabelSpace") -> str | None:
    written = case.get("diagnosis")
    return (space.find(str(written)) or str(written)) if written else None


def _answers(scorer: "Scorer", texts: Sequence[str]) -> "list[Answer]":
    answers: list[Answer] = []
    for start in range(0, len(texts), AT_ONCE):
        answers += scorer.answer(texts[start : start + AT_ONCE])
    return answers


def _measured(
    cases: Sequence[dict[str, Any]], answers: "Sequence[Answer]", space: "LabelSpace"
) -> "Report | None":
    from shared.domain.metrics import Scored, measure

    scored = [
        Scored(truth, answer.label, answer.confidence, subgroup=case.get("subgroup") or {})
        for case, answer in zip(cases, answers, strict=True)
        if (truth := _truth(case, space)) is not None
    ]
    return measure(scored) if scored else None


def _metrics(report: "Report") -> dict[str, Any]:
    values = {name: one.value for name, one in report.overall.items()}
    per_class = {label: _class_metrics(one) for label, one in report.per_class.items()}
    subgroups = {
        attribute: {value: _estimate(one) for value, one in table.items()}
        for attribute, table in report.subgroups.items()
    }
    details = {"intervals": report.intervals, "per_class": per_class, "subgroups": subgroups}
    return values | {"n": report.n} | details | {"confusion": report.confusion}


def _class_metrics(metrics: "ClassMetrics") -> dict[str, Any]:
    return {
        "precision": _estimate(metrics.precision) if metrics.precision else None,
        "recall": _estimate(metrics.recall),
        "f1_score": _estimate(metrics.f1_score),
    }


def _estimate(one: "Estimate") -> dict[str, Any]:
    return {"value": one.value, "low": one.low, "high": one.high, "n": one.n}
