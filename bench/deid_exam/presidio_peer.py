"""Presidio with its stock recognisers behind the pipe of `rounds deidentify`, to be measured beside it.

It needs an environment of its own with presidio-analyzer and a spaCy model:
`python -m bench.deid --peer "ENV/bin/python bench/deid_exam/presidio_peer.py MODEL"`.
"""

import json
import sys
from typing import Any

from presidio_analyzer import AnalyzerEngine  # type: ignore[import-not-found]
from presidio_analyzer.nlp_engine import NlpEngineProvider  # type: ignore[import-not-found]


def main(model: str) -> None:
    """Answer every line; what it finds, whatever its class, is replaced by a mark."""
    settings = {"nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": model}]}
    engine = AnalyzerEngine(nlp_engine=NlpEngineProvider(nlp_configuration=settings).create_engine())
    for line in sys.stdin:
        note = json.loads(line)
        found = engine.analyze(note["text"], language="en")
        answer = {"id": note["id"], **_replaced(note["text"], sorted((one.start, one.end) for one in found))}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _replaced(text: str, spans: list[tuple[int, int]]) -> dict[str, Any]:
    """The text without the spans, overlapping ones joined."""
    joined: list[list[int]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1][1] = max(end, joined[-1][1])
        else:
            joined.append([start, end])
    out, at = "", 0
    for start, end in joined:
        out, at = out + text[at:start] + "[X]", end
    return {"text": out + text[at:], "spans": [{"start": start, "end": end} for start, end in joined]}


if __name__ == "__main__":
    main(sys.argv[1])
