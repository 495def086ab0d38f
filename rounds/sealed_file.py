"""A file that only its site can open: encrypted in pieces, each bound to its place, the last one marked.

A piece that is missing, moved, altered or of another file does not open; an end that is cut off is noticed.
"""

import json
import secrets
import struct
from collections.abc import Mapping
from typing import BinaryIO

from shared.errors import InvalidInputError
from shared.vault import SecretFileError, Vault

MAGIC = b"ROUNDS-BACKUP-1\n"
PIECE_BYTES = 1 << 20
_LENGTH = struct.Struct(">I")
_HEADER_MOST = 1 << 16


class BrokenBackupError(InvalidInputError):
    """The file is no backup, is not whole, or belongs to another site."""

    code = "broken_backup"


class SealedWriter:
    """Takes bytes as a file does and writes them sealed; `close` marks the end."""

    def __init__(self, file: BinaryIO, vault: Vault, header: Mapping[str, object]) -> None:
        self._file, self._vault, self._number = file, vault, 0
        self._rest = bytearray()
        self._stream = secrets.token_hex(16)
        told = json.dumps({**header, "stream": self._stream}, sort_keys=True).encode()
        file.write(MAGIC + _LENGTH.pack(len(told)) + told)

    def write(self, data: bytes) -> int:
        """Take bytes; whole pieces go out at once."""
        self._rest += data
        while len(self._rest) > PIECE_BYTES:
            self._put(bytes(self._rest[:PIECE_BYTES]), last=False)
            del self._rest[:PIECE_BYTES]
        return len(data)

    def close(self) -> None:
        """Write the last piece."""
        self._put(bytes(self._rest), last=True)
        self._rest.clear()

    def _put(self, plain: bytes, *, last: bool) -> None:
        sealed = self._vault.seal(plain, purpose_of(self._stream, self._number, last=last))
        self._file.write(_LENGTH.pack(len(sealed)) + sealed)
        self._number += 1


class SealedReader:
    """Gives the bytes back as a file does.

    Raises:
        BrokenBackupError: at any piece that is not the one that was written there, and at an early end.
    """

    def __init__(self, file: BinaryIO, vault: Vault) -> None:
        self._file, self._vault, self._number = file, vault, 0
        self._rest = b""
        self._over = False
        self.header = header_of(file)

    def read(self, size: int = -1) -> bytes:
        """Up to so many bytes, all of them without a number; none at the end."""
        while not self._over and (size < 0 or len(self._rest) < size):
            self._rest += self._next()
        size = len(self._rest) if size < 0 else size
        given, self._rest = self._rest[:size], self._rest[size:]
        return given

    def _next(self) -> bytes:
        sealed = _framed(self._file)
        stream = str(self.header["stream"])
        for last in (False, True):
            try:
                plain = self._vault.open(sealed, purpose_of(stream, self._number, last=last))
            except SecretFileError:
                continue
            self._number += 1
            self._over = last
            return plain
        raise BrokenBackupError(
            f"piece {self._number + 1} of the backup is not as it was written",
            fix="use another copy, and the site secret that the backup was made with",
        )


def header_of(file: BinaryIO) -> dict[str, object]:
    """What stands before the sealed pieces, readable by anybody.

    Raises:
        BrokenBackupError: this is no backup.
    """
    if file.read(len(MAGIC)) != MAGIC:
        raise BrokenBackupError("this file is no backup of Rounds", field="file", fix="name the right file")
    try:
        told = json.loads(_framed(file, most=_HEADER_MOST))
    except ValueError:
        told = None
    if not isinstance(told, dict) or not {"stream", "site", "revision"} <= told.keys():
        raise BrokenBackupError("the backup's header cannot be read", field="file", fix="use another copy")
    return told


def purpose_of(stream: str, number: int, *, last: bool) -> str:
    """The key's name for one piece: it fits no other place and no other file."""
    return f"backup:{stream}:{number}:{'last' if last else 'more'}"


def _framed(file: BinaryIO, *, most: int = 2 * PIECE_BYTES) -> bytes:
    head = file.read(_LENGTH.size)
    length = _LENGTH.unpack(head)[0] if len(head) == _LENGTH.size else most + 1
    data = file.read(length) if length <= most else b""
    if len(data) != length:
        raise BrokenBackupError("the backup ends early", field="file", fix="use a copy that is whole")
    return data
