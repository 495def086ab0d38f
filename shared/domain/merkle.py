"""A Merkle tree over the lines of a manifest: one root names the whole set, a short proof names one line."""

import hashlib
from collections.abc import Sequence

from shared.errors import InvalidInputError

_LEAF, _NODE = b"\x00", b"\x01"


def leaf(line: str) -> bytes:
    """The hash of one line; a prefix byte keeps it from passing as an inner node."""
    return hashlib.sha256(_LEAF + line.encode()).digest()


def root(lines: Sequence[str]) -> str:
    """The root over the lines in their order, as hex; the empty manifest has the hash of nothing.

    An odd node at the end of a row rises unpaired, so no line counts twice.

    Source: RFC 6962, 2.1 (domain separation of leaves and nodes).
    """
    row = [leaf(line) for line in lines]
    while len(row) > 1:
        row = _above(row)
    return row[0].hex() if row else hashlib.sha256(b"").hexdigest()


def proof(lines: Sequence[str], index: int) -> list[tuple[str, str]]:
    """The neighbours from one line up to the root, each with the side it stands on ("left" or "right").

    Raises:
        InvalidInputError: there is no line of that index.
    """
    if not 0 <= index < len(lines):
        raise InvalidInputError(f"the manifest has no line {index}", field="index")
    row, path = [leaf(line) for line in lines], []
    while len(row) > 1:
        other = index ^ 1
        if other < len(row):
            path.append(("left" if other < index else "right", row[other].hex()))
        row, index = _above(row), index // 2
    return path


def proves(line: str, path: Sequence[tuple[str, str]], root_hex: str) -> bool:
    """Whether the line stands in the set of this root."""
    node = leaf(line)
    for side, other in path:
        pair = (bytes.fromhex(other), node) if side == "left" else (node, bytes.fromhex(other))
        node = hashlib.sha256(_NODE + pair[0] + pair[1]).digest()
    return node.hex() == root_hex


def _above(row: Sequence[bytes]) -> list[bytes]:
    pairs = [hashlib.sha256(_NODE + row[i] + row[i + 1]).digest() for i in range(0, len(row) - 1, 2)]
    return pairs + ([row[-1]] if len(row) % 2 else [])
