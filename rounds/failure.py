"""How a command ends that could not do it: one sentence and a way out on standard error, an exit code."""

import errno
import json
import sys
import traceback
from dataclasses import dataclass

import typer
from typer.exceptions import TyperException

from shared.errors import ConflictError, Error, ForbiddenError, TransientError

REFUSED, WRONG_USE, PART_DOWN = 1, 2, 3
SILENT = (typer.Exit, typer.Abort, KeyboardInterrupt)


@dataclass(frozen=True)
class Failure:
    """What a person is told, and the exit code that a script reads."""

    exit_code: int
    sentence: str
    fix: str | None = None
    code: str = "error"
    field: str | None = None


def report(error: BaseException, *, debug: bool, as_json: bool) -> int:
    """Say what went wrong and answer the exit code; the traceback only where somebody asked for it."""
    if isinstance(error, SILENT):
        return int(getattr(error, "exit_code", REFUSED))
    failure = name(error)
    if not failure.sentence:  # `rounds` alone has shown its help already
        return failure.exit_code
    if debug:
        traceback.print_exception(error)
    if as_json:
        body = {"detail": failure.sentence, "code": failure.code, "field": failure.field, "fix": failure.fix}
        sys.stderr.write(json.dumps(body) + "\n")
    else:
        sys.stderr.write(f"{failure.sentence.rstrip('.')}.\n")
        sys.stderr.write(f"  → {failure.fix}\n" if failure.fix else "")
    return failure.exit_code


def name(error: BaseException) -> Failure:
    """The failure behind an exception of any kind."""
    if isinstance(error, Error):
        return Failure(_exit_code(error), str(error), error.fix, error.code, error.field)
    if isinstance(error, TyperException):
        say = getattr(error, "format_message", error.__str__)  # names the option that is wrong
        asked = getattr(getattr(error, "ctx", None), "command_path", "rounds")
        return Failure(WRONG_USE, say(), f"see `{asked} --help`", "wrong_use")
    if isinstance(error, ModuleNotFoundError):
        sentence = f"the package {error.name} is missing on this machine"
        return Failure(
            PART_DOWN, sentence, "run `make`, which installs the pinned packages", "missing_package"
        )
    if isinstance(error, OSError):
        return _of_the_machine(error)
    if type(error).__module__.startswith("sqlalchemy"):
        return _of_the_database(error)
    return Failure(PART_DOWN, f"something unforeseen happened: {type(error).__name__}", "see it with --debug")


def _exit_code(error: Error) -> int:
    if isinstance(error, TransientError):
        return PART_DOWN
    return REFUSED if isinstance(error, (ConflictError, ForbiddenError)) else WRONG_USE


def _of_the_machine(error: OSError) -> Failure:
    what = f" ({error.filename})" if error.filename else ""
    sentence = f"{error.strerror or type(error).__name__}{what}"
    fix = (
        "free some space" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "check the path and its rights"
    )
    return Failure(PART_DOWN, sentence, fix, "machine")


def _of_the_database(error: BaseException) -> Failure:
    """Database errors carry values of rows in their text: only the kind is named."""
    missing = "does not exist" in str(error) and "relation" in str(error)
    if missing:
        return Failure(PART_DOWN, "the database has no tables yet", "run `rounds migrate`", "not_migrated")
    if type(error).__name__ in ("OperationalError", "InterfaceError", "TimeoutError"):
        sentence, fix = "the database does not answer", "start it with `rounds up`, or see `rounds doctor`"
        return Failure(PART_DOWN, sentence, fix, "database_down")
    return Failure(
        REFUSED, f"the database refused it: {type(error).__name__}", "see it with --debug", "database"
    )
