"""A Merkle tree over the lines of a manifest: one root names the whole set, a short proof names one line."""

import hashlib
from collections.abc import Iterable, Sequence

from shared.errors import InvalidInputError

_LEAF, _NODE = b"\x00", b"\x01"


class Tree:
    """The root of lines that come one by one, in memory that grows with the logarithm of their number."""

    def __init__(self) -> None:
        self._peaks: list[tuple[int, bytes]] = []  # whole subtrees, the highest first: (height, hash)

    def add(self, line: str) -> None:
        """Take in the next line."""
        height, node = 0, leaf(line)
        while self._peaks and self._peaks[-1][0] == height:
            node = _join(self._peaks.pop()[1], node)
            height += 1
        self._peaks.append((height, node))

    def root(self) -> str:
        """The root over the lines so far, as hex."""
        if not self._peaks:
            return hashlib.sha256(b"").hexdigest()
        *before, (_, node) = self._peaks
        for _, left in reversed(before):
            node = _join(left, node)
        return node.hex()


def leaf(line: str) -> bytes:
    """The hash of one line; a prefix byte keeps it from passing as an inner node."""
    return hashlib.sha256(_LEAF + line.encode()).digest()


def root(lines: Iterable[str]) -> str:
    """The root over the lines in their order, as hex; the empty manifest has the hash of nothing.

    An odd node at the end of a row rises unpaired, so no line counts twice.

    Source: RFC 6962, 2.1 (domain separation of leaves and nodes).
    """
    tree = Tree()
    for line in lines:
        tree.add(line)
    return tree.root()


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
        known = bytes.fromhex(other)
        node = _join(known, node) if side == "left" else _join(node, known)
    return node.hex() == root_hex


def _join(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(_NODE + left + right).digest()


def _above(row: Sequence[bytes]) -> list[bytes]:
    pairs = [_join(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)]
    return pairs + ([row[-1]] if len(row) % 2 else [])
