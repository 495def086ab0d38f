"""What the card of a dataset version says of its limits, and the card as a page to read."""

from collections.abc import Iterator, Mapping
from typing import Any

FEW = 30  # cases of a label: a model can hardly learn or be judged on fewer
MOSTLY = 0.80  # share of one label beyond which another answer is rare by itself
USE = (
    "Cases of this site alone, de-identified, each with a diagnosis that a clinician stood behind. It says "
    "nothing about patients of another kind or place, and no case of it leaves the site."
)


def limits(card: Mapping[str, Any]) -> list[str]:
    """Sentences that a reader must know before a model learns from it, each from a number on the card."""
    return [
        *_of_labels(card["counts"].get("labels", {})),
        *_of_sides(card["counts"]),
        *(
            f"{n} cases of the {side} side may not be used any more."
            for side, n in sorted(card["lapsed"].items())
        ),
    ]


def _of_labels(labels: Mapping[str, int]) -> Iterator[str]:
    few = sorted(label for label, n in labels.items() if n < FEW)
    if few:
        yield f"Fewer than {FEW} cases of {', '.join(few)}."
    total = sum(labels.values())
    for label, n in labels.items():
        if total and n / total > MOSTLY:
            share = f"{100 * n / total:.0f} %"
            yield f"{share} of the cases are {label}: always saying so would be right as often."


def _of_sides(counts: Mapping[str, Any]) -> Iterator[str]:
    judged = counts.get("evaluation", 0)
    if judged < FEW:
        yield f"Only {judged} cases are held back to judge a model by."


def to_markdown(card: Mapping[str, Any]) -> str:
    """The card as a page."""
    return "\n".join([*_head(card), *_limits(card), *_counts(card), *_origin(card)]).rstrip() + "\n"


def _head(card: Mapping[str, Any]) -> Iterator[str]:
    counts = card["counts"]
    yield from (f"# {card['dataset_version']}", "", USE, "")
    yield f"{counts.get('training', 0)} cases to learn from, {counts.get('evaluation', 0)} to judge by."
    yield ""


def _limits(card: Mapping[str, Any]) -> Iterator[str]:
    yield from ("## Limits", "")
    yield from (f"- {sentence}" for sentence in card["limits"] or ["None that its numbers show."])
    yield ""


def _counts(card: Mapping[str, Any]) -> Iterator[str]:
    yield from ("## Cases by label", "", "| label | cases |", "| --- | --- |")
    for label, n in sorted(card["counts"].get("labels", {}).items(), key=lambda pair: (-pair[1], pair[0])):
        yield f"| {_cell(label)} | {n} |"
    yield ""


def _origin(card: Mapping[str, Any]) -> Iterator[str]:
    yield from ("## Origin", "", "| | |", "| --- | --- |")
    for name in ("model_type", "sha256", "parent", "policy_version", "sealed_by", "sealed_at"):
        yield f"| {name.replace('_', ' ')} | {_cell(card[name])} |"
    for name, value in sorted(card["preprocessing"].items()):
        yield f"| {_cell(name)} | {_cell(value)} |"
    for reason, n in sorted(card["counts"].get("not_used", {}).items()):
        yield f"| left out: {_cell(reason)} | {n} |"
    yield f"| models that learnt from it | {_cell(', '.join(card['models']) or 'none')} |"


def _cell(value: object) -> str:
    return "–" if value is None else str(value).replace("|", "\\|").replace("\n", " ")
