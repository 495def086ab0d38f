"""The decision engine: a fold over facts, the same in service, in a replay and over standard input.

`python -m deployer_service.decide --stdio` reads one JSON message a line and answers each with one line. No
clock, no randomness, no other input: the same messages give the same bytes.
"""

import json
import sys
from collections.abc import Mapping
from typing import IO, Any

from deployer_service.run import Run
from shared.errors import Error, InvalidInputError

__all__ = ["Run", "answer_line", "serve", "step"]


def answer_line(answer: Mapping[str, Any]) -> str:
    """The answer as canonical JSON: equal answers have equal bytes."""
    return json.dumps(answer, sort_keys=True, separators=(",", ":"), allow_nan=False)


def step(start: Mapping[str, Any], message: Mapping[str, Any]) -> dict[str, Any]:
    """The pure form: one message folded into the state of `start`; the next state is in the answer."""
    run = Run(start)
    return run.begin() if message["type"] == "start" else run.feed(message)


def serve(lines: IO[str], out: IO[str]) -> None:
    """Answer messages until `end` or the end of the input.

    Raises:
        InvalidInputError: a line is no message, or facts come before a start.
    """
    run: Run | None = None
    for line in lines:
        if not line.strip():
            continue
        message = _message(line)
        if message["type"] == "end":
            return
        if message["type"] == "start":
            run = Run(message)
            answer = run.begin()
        elif run is not None:
            answer = run.feed(message)
        else:
            raise InvalidInputError("facts came before a start message", fix="send a start message first")
        out.write(answer_line(answer) + "\n")
        out.flush()


def _message(line: str) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except ValueError:
        raise InvalidInputError("a line is not JSON", fix="send one JSON object a line") from None
    if not isinstance(message, dict) or message.get("type") not in ("start", "events", "end"):
        raise InvalidInputError("a message has no known type", field="type", fix="start, events or end")
    return message


def main() -> int:
    """Exit 0 at the end of the input, 2 on a line that cannot be understood."""
    if sys.argv[1:] != ["--stdio"]:
        sys.stderr.write("use: python -m deployer_service.decide --stdio\n")
        return 2
    try:
        serve(sys.stdin, sys.stdout)
    except Error as error:
        sys.stderr.write(f"{error}; {error.fix or ''}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
