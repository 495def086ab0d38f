"""Runs every benchmark of this folder and ends with the table of all figures against their goals."""

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
RESULTS = HERE / "results"
NO_BENCHMARKS = ("__init__", "run", "show")


def main(names: list[str]) -> int:
    """Run the named benchmarks (all without a name) each in its own process; 1 when one of them fails."""
    present = sorted(path.stem for path in HERE.glob("*.py") if path.stem not in NO_BENCHMARKS)
    failed = [name for name in names or present if not _run(name)]
    _print_table()
    for name in failed:
        print(f"bench/{name}.py failed")
    return 1 if failed else 0


def _run(name: str) -> bool:
    print(f"== {name}", flush=True)
    return (
        subprocess.run([sys.executable, "-m", f"bench.{name}"], cwd=HERE.parent, check=False).returncode == 0
    )


def _print_table() -> None:
    print(f"\n{'benchmark':<14} {'figure':<44} {'value':>12} {'unit':<12} {'goal':>12}  met")
    for path in sorted(RESULTS.glob("*.json")):
        result = json.loads(path.read_text())
        for figure in result["figures"]:
            value, goal = (f"{figure[key]:.4g}" if isinstance(figure[key], (int, float)) else str(figure[key])
                           for key in ("value", "goal"))  # fmt: skip
            met = "yes" if figure["met"] else "NO"
            print(
                f"{result['name']:<14} {figure['key']:<44} {value:>12} {figure['unit']:<12} {goal:>12}  {met}"
            )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
