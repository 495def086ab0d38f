"""What the card of a model version says of its limits, and the card as a page to read."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

FEW = 30  # cases: an accuracy of fewer says little
WIDE = 0.20  # an interval wider than this says little either
USE = (
    "Suggests an answer to a clinician of this site, who decides. It was trained and measured on this site's "
    "own cases only and says nothing about cases of another kind or place."
)


def limits(card: Mapping[str, Any]) -> list[str]:
    """Sentences that a reader of the figures must know, each from a number on the card."""
    return [
        *_of_measurement(card["metrics"]),
        *_of_labels(card),
        *(f"Tainted: {reason}." for reason in card["tainted"]),
        *(f"May not serve: {reason}." for reason in card["not_deployable"]),
    ]


def _of_measurement(metrics: Mapping[str, Any] | None) -> Iterator[str]:
    if metrics is None:
        yield "Nothing was measured: no accuracy of this version is known."
        return
    if metrics["n"] < FEW:
        yield f"Measured on {metrics['n']} cases only."
    for name, table in metrics["subgroups"].items():
        for value, one in table.items():
            if one["n"] < FEW or one["high"] - one["low"] > WIDE:
                shown = f"{100 * one['low']:.0f} to {100 * one['high']:.0f} %"
                yield f"Accuracy for {name} {value} is hardly known: {shown}, {one['n']} cases."


def _of_labels(card: Mapping[str, Any]) -> Iterator[str]:
    learnt = card["data"]["counts"].get("labels", {})
    unknown = sorted(set(learnt) - set(card["labels"]))
    if unknown:
        yield f"Cannot answer {', '.join(unknown)}: too few cases to learn from."
    measured = card["metrics"]["per_class"] if card["metrics"] else {}
    unseen = sorted(label for label in card["labels"] if label not in measured)
    if measured and unseen:
        yield f"Never judged on {', '.join(unseen)}: the frozen set has no case."
    for label in card["must_not_miss"]:
        recall = measured.get(label, {}).get("recall")
        if recall is not None:
            shown = f"{100 * recall['value']:.0f} % ({100 * recall['low']:.0f} to {100 * recall['high']:.0f})"
            yield f"Of {label}, which must not be missed, it finds {shown}, {recall['n']} cases."


def to_markdown(card: Mapping[str, Any]) -> str:
    """The card as a page."""
    return "\n".join(line for part in _PARTS for line in (*part(card), "")).rstrip() + "\n"


def _head(card: Mapping[str, Any]) -> Iterator[str]:
    yield f"# {card['model_version']}"
    yield ""
    yield USE
    yield ""
    base = card["base"]
    yield from _table(
        ("of", card["model_type"]),
        ("family", card["family"]),
        ("state", card["state"]),
        ("made at", card["created_at"]),
        ("weights", f"`{card['digest']}`"),
        ("base", f"{base['name']}, `{base['digest']}`, licence {base['licence'] or 'not recorded'}"),
        ("after", card["parent"] or "nothing: it is the first"),
    )


def _figures(card: Mapping[str, Any]) -> Iterator[str]:
    yield "## Measured"
    yield ""
    metrics = card["metrics"]
    if metrics is None:
        yield "Not yet."
        return
    yield f"On {metrics['n']} cases of the frozen set, {metrics['measured_at']}; intervals are 95 %."
    yield ""
    yield "| figure | value | interval |"
    yield "| --- | --- | --- |"
    for name, one in metrics["figures"].items():
        yield f"| {name} | {one['value']:.3f} | {_interval(one['interval'])} |"
    if metrics["per_class"]:
        yield ""
        yield "| label | recall | interval | n |"
        yield "| --- | --- | --- | --- |"
        for label, one in metrics["per_class"].items():
            recall = one["recall"]
            bounds = _interval([recall["low"], recall["high"]])
            yield f"| {_cell(label)} | {recall['value']:.3f} | {bounds} | {recall['n']} |"


def _data(card: Mapping[str, Any]) -> Iterator[str]:
    data = card["data"]
    counts = data["counts"]
    yield "## Data"
    yield ""
    yield from _table(
        ("data set", f"{data['dataset_version']}, `{data['sha256']}`"),
        ("sealed at", data["sealed_at"]),
        ("training cases", counts.get("training", "not counted")),
        ("evaluation cases", counts.get("evaluation", "not counted")),
        *((f"of {label}", n) for label, n in sorted(counts.get("labels", {}).items())),
    )


def _limits(card: Mapping[str, Any]) -> Iterator[str]:
    yield "## Limits"
    yield ""
    yield from (f"- {sentence}" for sentence in card["limits"] or ["None is known beyond the figures above."])


def _gate(card: Mapping[str, Any]) -> Iterator[str]:
    yield "## Gate"
    yield ""
    gate = card["gate"]
    if gate is None:
        yield "Not judged yet."
        return
    yield f"{gate['verdict']} against {gate['against'] or 'nothing'}, policy {gate['policy_version']}."
    yield ""
    yield from (f"- {rule['rule']}: {rule['verdict']}, {rule['why']}" for rule in gate["rules"])


def _origin(card: Mapping[str, Any]) -> Iterator[str]:
    training = card["training"]
    made = training["provenance"]
    cost = training["cost"]
    yield "## Origin"
    yield ""
    yield from _table(
        ("job", f"`{training['job_id']}` ({training['triggered_by']}), {training['attempts']} attempts"),
        ("seed", training["seed"]),
        ("recipe", _pairs(training["recipe"]) or "the family's defaults"),
        *((name, _pairs(value)) for name, value in made.items() if name not in ("recipe", "seed")),
        ("cost", _pairs(cost) or "not recorded"),
    )


_PARTS = (_head, _figures, _limits, _gate, _data, _origin)


def _table(*rows: tuple[str, object]) -> Iterator[str]:
    yield "| | |"
    yield "| --- | --- |"
    yield from (f"| {_cell(name)} | {_cell(value)} |" for name, value in rows)


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


def _pairs(value: object) -> str:
    if not isinstance(value, Mapping):
        return str(value)
    return ", ".join(f"{name} {_pairs(one)}" for name, one in value.items() if one is not None)


def _interval(bounds: Sequence[float] | None) -> str:
    return "–" if bounds is None else f"{bounds[0]:.3f} – {bounds[1]:.3f}"
