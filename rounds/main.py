"""The command line `rounds`: for people and scripts, with one exit code for each kind of ending."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from rounds.commands import register_all
from rounds.failure import report
from rounds.site import Site, choose

app = typer.Typer(
    name="rounds",
    help="A self-learning engine for clinical AI that runs wholly inside a clinic.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
)


@app.callback()
def choose_site(
    home: Annotated[Path | None, typer.Option(help="Home folder of the site; else ROUNDS_HOME.")] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """A self-learning engine for clinical AI that runs wholly inside a clinic."""
    choose(Site(home, debug))


register_all(app)


def run(arguments: Sequence[str]) -> int:
    """Run one command; the answer is the exit code: 0 done, 1 refused, 2 wrong use, 3 a part is down."""
    command = typer.main.get_command(app)
    try:
        result = command.main(list(arguments), prog_name="rounds", standalone_mode=False)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the last place that can name it
        return report(error, debug="--debug" in arguments, as_json="--json" in arguments)
    return result if isinstance(result, int) else 0


def main() -> None:
    """The entry point of the `rounds` script."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
