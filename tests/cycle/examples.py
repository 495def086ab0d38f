"""The examples of docs/examples, as a reader runs them, against a stack that has a live version."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rounds.demo_stack import DemoStack
from tests.integration.collection import fhir_data
from tests.integration.collection.fhir_server import FhirServerForTests

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"


def run(stack: DemoStack) -> dict[str, str]:
    """Every example, what each said; one that fails is an AssertionError with its words."""
    fhir = FhirServerForTests()
    numbers = range(3)
    fhir.add(fhir_data.DOCTOR, *(make(n) for n in numbers for make in RESOURCES))
    with tempfile.TemporaryDirectory() as folder:
        beside = Path(folder)
        _said("rounds", "client", "python", "--out", str(beside / "rounds_client.py"), cwd=ROOT)
        told = {
            "database": _script("clinic_database.sh", stack, f"sqlite:///{stack.home}/clinic.db"),
            "fhir": _script("fhir_server.sh", stack, fhir.url),
            "app": _python(EXAMPLES / "app.py", stack, beside, (stack.api, stack.now.isoformat())),
        }
        notebook = json.loads((EXAMPLES / "first_look.ipynb").read_text())
        cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
        script = beside / "cells.py"
        script.write_text("\n".join(cells))
        told["notebook"] = _python(script, stack, beside, ())
    fhir.close()
    return told


RESOURCES = (fhir_data.patient, fhir_data.encounter, fhir_data.condition)


def _script(name: str, stack: DemoStack, address: str) -> str:
    return _said("sh", str(EXAMPLES / name), str(stack.home), address, cwd=ROOT)


def _python(script: Path, stack: DemoStack, beside: Path, words: tuple[str, ...]) -> str:
    named = {"KEY": stack.key, "ADDRESS": stack.api, "PYTHONPATH": str(beside)}
    return _said(sys.executable, str(script), *words, cwd=beside, environment=named)


def _said(*words: str, cwd: Path, environment: dict[str, str] | None = None) -> str:
    commands = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        words,
        cwd=cwd,
        env=os.environ | {"PATH": commands} | (environment or {}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{words[:2]}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout
