"""Stage: deidentify. Text loses every identifier before anything else sees it; doubt holds the case back."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from worker_collection.phi.engine import ENGINE, Cleaned, clean
from worker_collection.phi.known import Known

__all__ = ["ENGINE", "Cleaned", "answer_lines", "deidentify"]


def deidentify(text: str, known: Mapping[str, Any], *, this_year: int, staff: Sequence[str] = ()) -> Cleaned:
    """Remove the identifiers of one text; a result that did not pass is for a person to look at.

    Args:
        text: the text as the clinic wrote it.
        known: the patient's own fields, in the form of the case format.
        this_year: the year now, for years that would show an age over 89.
        staff: names of the people who work there.
    """
    return clean(text, Known.of(known, staff), this_year=this_year)


def answer_lines(lines: Iterable[str], *, this_year: int) -> Iterator[str]:
    """One answer line for each request line, in order; a line that fails says so and gives no text."""
    for line in lines:
        if line.strip():
            yield json.dumps(_answer(line, this_year), ensure_ascii=False)


def _answer(line: str, this_year: int) -> dict[str, Any]:
    try:
        request = json.loads(line)
        text, known = request["text"], request.get("known") or {}
        if not isinstance(text, str) or not isinstance(known, dict):
            raise TypeError
    except (ValueError, KeyError, TypeError, AttributeError):
        return {"id": None, "error": "the line is not an object with a text"}
    cleaned = deidentify(text, known, this_year=this_year)
    spans = [{"start": span.start, "end": span.end, "label": span.label} for span in cleaned.spans]
    answer = {"id": request.get("id"), "text": cleaned.text, "spans": spans}
    if cleaned.reasons == ("too_long",):
        return {"id": request.get("id"), "error": "the text is too long"}
    return answer if cleaned.passed else answer | {"quarantine": True, "reasons": list(cleaned.reasons)}
