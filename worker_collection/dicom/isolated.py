"""Decoding in a process of its own: a file that crashes or hangs a decoder costs itself and no worker."""

import io
import json
import os
import resource
import select
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import numpy as np
import pydicom
from numpy.lib import format as npy
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from worker_collection.dicom.decode import Decoded, UnfitError, decode

MAX_MEMORY_BYTES = 4 << 30
TIMEOUT_SECONDS = 120.0
_LENGTHS = struct.Struct("<QQQ")  # of the answer's JSON, header and array


class IsolatedDecoder:
    """One decoding process, started at first use and again after a file that ended it."""

    def __init__(self, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._timeout = timeout_seconds
        self._process: subprocess.Popen[bytes] | None = None

    def decode(self, data: bytes) -> Decoded:
        """Decode one file as `decode.decode` does.

        Raises:
            UnfitError: the file is unfit, or it ended the process or its time (`undecodable`).
        """
        process = self._running()
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(struct.pack("<Q", len(data)) + data)
            process.stdin.flush()
            lengths = _LENGTHS.unpack(self._read(process.stdout, _LENGTHS.size))
            said, header, array = (self._read(process.stdout, length) for length in lengths)
        except (OSError, EOFError, TimeoutError):
            self.close()
            raise UnfitError("undecodable") from None
        return _read_answer(json.loads(said), header, array)

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # decoders write there what stood in the file
            )
        return self._process

    def _read(self, stream: Any, size: int) -> bytes:
        """Exactly that many bytes.

        Raises:
            EOFError: the process ended.
            TimeoutError: it took too long.
        """
        ends, parts = time.monotonic() + self._timeout, []
        while size:
            ready, _, _ = select.select([stream], [], [], max(0.0, ends - time.monotonic()))
            if not ready:
                raise TimeoutError
            part = os.read(stream.fileno(), min(size, 1 << 20))
            if not part:
                raise EOFError
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


@contextmanager
def decoder() -> Iterator[IsolatedDecoder]:
    """A decoder whose process ends with the block."""
    one = IsolatedDecoder()
    try:
        yield one
    finally:
        one.close()


def _read_answer(said: dict[str, Any], header: bytes, array: bytes) -> Decoded:
    if "unfit" in said:
        raise UnfitError(said["unfit"])
    read = pydicom.dcmread(io.BytesIO(header), force=True)
    read.file_meta = FileMetaDataset()
    pixels = npy.read_array(io.BytesIO(array), allow_pickle=False) if array else None
    return Decoded(header=read, pixels=pixels, **said)


def _serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer every file that comes until the input ends."""
    while length := source.read(8):
        data = source.read(struct.unpack("<Q", length)[0])
        try:
            answer, header, array = _answer(decode(data))
        except UnfitError as error:
            answer, header, array = {"unfit": error.reason}, b"", b""
        except MemoryError:
            answer, header, array = {"unfit": "too_large"}, b"", b""
        said = json.dumps(answer).encode()
        sink.write(_LENGTHS.pack(len(said), len(header), len(array)) + said + header + array)
        sink.flush()


def _answer(one: Decoded) -> tuple[dict[str, Any], bytes, bytes]:
    array = io.BytesIO()
    if one.pixels is not None:
        npy.write_array(array, np.ascontiguousarray(one.pixels), allow_pickle=False)
    told = ("kind", "present", "turned", "coloured", "lossy", "titles")
    said = {name: getattr(one, name) for name in told}
    return said, _written(one.header), array.getvalue()


def _written(header: Dataset) -> bytes:
    """The header element by element, so that one which cannot be written costs itself."""
    sink = DicomBytesIO()
    sink.is_implicit_VR, sink.is_little_endian = True, True
    for element in header:
        part, alone = DicomBytesIO(), Dataset()
        part.is_implicit_VR, part.is_little_endian = True, True
        alone.add(element)
        try:
            write_dataset(part, alone, "utf-8")
        except (
            ValueError,
            TypeError,
            KeyError,
            AttributeError,
            NotImplementedError,
            OverflowError,
            struct.error,
        ):
            continue
        sink.write(part.getvalue())
    return sink.getvalue()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _serve(sys.stdin.buffer, sys.stdout.buffer)
