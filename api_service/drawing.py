"""Pictures are drawn in a process of their own: the API holds no arrays, and a picture may be a gigabyte."""

import json
import subprocess
import sys
from threading import BoundedSemaphore

from shared.config import Settings, environment
from shared.errors import InvalidInputError, PartDownError, TooBusyError

SECONDS = 30.0
_turns = BoundedSemaphore(2)  # of one API process


def png(settings: Settings, key: str, layer: str, *, place: int | None) -> bytes:
    """The PNG of a stored picture or mask.

    Args:
        settings: where it is stored, and with which secret.
        key: its name in the store.
        layer: `image` or `mask`.
        place: which slice of a volume, from 0; the middle one for None.

    Raises:
        InvalidInputError: there is no such slice, or what stands there is no picture.
        TooBusyError: too many pictures are being drawn.
        PartDownError: it could not be drawn.
    """
    command = [sys.executable, "-m", "shared.exports.overlay", key, layer]
    command += [] if place is None else [str(place)]
    if not _turns.acquire(timeout=SECONDS):
        raise TooBusyError("too many pictures are being drawn", fix="ask again in a moment")
    try:
        drawn = subprocess.run(
            command, env=environment(settings), capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise PartDownError("the picture took too long to be drawn", field="case_id") from error
    finally:
        _turns.release()
    if drawn.returncode == 1:
        told = json.loads(drawn.stderr.splitlines()[-1])
        raise InvalidInputError(told["message"], field=told["field"], fix=told["fix"])
    if drawn.returncode:
        raise PartDownError("the picture could not be drawn", fix="see the API's log")
    return drawn.stdout
