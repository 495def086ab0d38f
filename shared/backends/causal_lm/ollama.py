"""What Ollama must know to run a merged model: the prompt it learnt with, and to answer the likeliest."""

import json
from collections.abc import Mapping
from typing import Any

LONGEST_ANSWER = 64


def modelfile(files: Mapping[str, bytes]) -> str:
    """The Modelfile beside the merged weights of a version."""
    facts: dict[str, Any] = json.loads(files["rounds.json"])
    prompt = str(facts["recipe"]["prompt"]).replace("{text}", "{{ .Prompt }}")
    lines = [
        f"# Labels: {', '.join(facts['labels'])}",
        "FROM .",
        f'TEMPLATE """{prompt}"""',
        "PARAMETER temperature 0",
        f"PARAMETER num_predict {LONGEST_ANSWER}",
    ]
    return "\n".join(lines) + "\n"
