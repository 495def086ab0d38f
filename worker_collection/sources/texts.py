"""Text files as clinics write them: plain or gzipped, in whatever encoding, with lines of any length."""

import codecs
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

LONGEST_LINE = 32 * 2**20  # bytes
_PIECE = 2**20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UNDEFINED = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")  # in Windows-1252
_WIDE = re.compile(rb"[\xc2-\xf4][\x80-\xbf]+")
BROKEN_STREAM = (EOFError, OSError, zlib.error)


class UnreadableTextError(ValueError):
    """A file is in no encoding that is known here, from this byte on."""

    def __init__(self, byte: int) -> None:
        super().__init__(f"no text from byte {byte}")
        self.byte = byte


@dataclass(frozen=True)
class Line:
    """One line without its end; `text` is None for one that cannot be read, for the reason given."""

    number: int
    text: str | None
    reason: str = ""
    ended: bool = True


def opened(path: Path) -> BinaryIO:
    """The bytes of a file, unpacked where it is gzipped."""
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]


def encoding_of(path: Path) -> str:
    """UTF-8 unless the file says or shows another one.

    Windows-1252 is taken where there are bytes that UTF-8 has not and none that only UTF-8 has; a file that
    has both is UTF-8 with broken lines.

    Raises:
        UnreadableTextError: it is no text.
        EOFError, OSError, zlib.error: it breaks off, or is not what its name says.
    """
    with opened(path) as file:
        head = file.read(4096)
        for mark, name in _MARKS:
            if head.startswith(mark):
                return name
        if b"\0" in head:
            return _wide(head)
        strict, wide, found = codecs.getincrementaldecoder("utf-8")(), False, None
        start, piece = 0, head
        while piece:
            try:
                strict.decode(piece)
            except UnicodeDecodeError as error:
                strict.reset()
                found = start + error.start if found is None else found
            wide = wide or _is_wide(piece)
            if found is not None and not wide and _UNDEFINED.search(piece):
                raise UnreadableTextError(found)
            start, piece = start + len(piece), file.read(_PIECE)
    return "utf-8" if found is None or wide else "cp1252"


def lines(path: Path, encoding: str, *, skip: int = 0) -> Iterator[Line]:
    """The lines after the first `skip`; one that is too long, or in another encoding, costs itself."""
    if not encoding.startswith("utf-8") and encoding != "cp1252":
        yield from _wide_lines(path, encoding, skip)
        return
    name = "cp1252" if encoding == "cp1252" else "utf-8"
    with opened(path) as file:
        for number, raw in enumerate(_bounded(file), start=1):
            if number <= skip:
                continue
            if raw is None:
                yield Line(number, None, "line_too_long")
                continue
            whole = raw.removeprefix(codecs.BOM_UTF8) if number == 1 else raw
            try:
                yield Line(number, whole.decode(name).rstrip("\r\n"), ended=raw.endswith(b"\n"))
            except UnicodeDecodeError:
                yield Line(number, None, "bad_encoding")


def _wide_lines(path: Path, encoding: str, skip: int) -> Iterator[Line]:
    with opened(path) as file:
        text = io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="\n")
        for number, line in enumerate(text, start=1):
            if number > skip:
                bad = "\ufffd" in line
                told = None if bad else line.rstrip("\r\n")
                yield Line(number, told, "bad_encoding" if bad else "", ended=line.endswith("\n"))


def _bounded(file: BinaryIO) -> Iterator[bytes | None]:
    """The raw lines; None for one that is longer than any row can be, read past in pieces."""
    while line := file.readline(LONGEST_LINE):
        if len(line) < LONGEST_LINE or line.endswith(b"\n"):
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(LONGEST_LINE)
        yield None


def _wide(head: bytes) -> str:
    """UTF-16 without its mark, told by where the zeros of Latin letters stand."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    if odd > len(head) // 5 and not even:
        return "utf-16-le"
    if even > len(head) // 5 and not odd:
        return "utf-16-be"
    raise UnreadableTextError(head.index(b"\0"))


def _is_wide(piece: bytes) -> bool:
    """Whether the piece has a letter as only UTF-8 writes it."""
    for match in _WIDE.finditer(piece):
        try:
            match.group().decode()
        except UnicodeDecodeError:
            continue
        return True
    return False
