"""Proves an audit chain: from files alone (`python verifier.py FOLDER`), or from rows given to `faults`.

This file needs nothing of Rounds, so that it can be handed to whoever examines a site. A folder holds
`audit.jsonl` ({"position", "hash", "event"} a line), `checkpoints.jsonl` and `public_key.pem`.
"""

import base64
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

GENESIS = bytes(32)
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
Event = Mapping[str, object]


@dataclass(frozen=True)
class Sealed:
    """One event at its place in the chain; None where the event is gone."""

    position: int
    hash: bytes
    event: Event | None


@dataclass(frozen=True)
class Checkpoint:
    """The chain as it stood at an instant, signed: its length, its last hash, the last evidence record."""

    size: int
    hash: str
    evidence_seq: int
    evidence_hash: str
    at: str
    signature: str = ""

    def statement(self) -> bytes:
        """What is signed."""
        said = {name: getattr(self, name) for name in ("size", "hash", "evidence_seq", "evidence_hash", "at")}
        return canonical(said).encode()

    def text(self) -> str:
        """One word that fits into the foot of a mail."""
        return base64.urlsafe_b64encode(canonical(vars(self)).encode()).decode()

    @classmethod
    def of(cls, said: Mapping[str, object]) -> "Checkpoint":
        """A checkpoint as JSON has it.

        Raises:
            ValueError: it is none.
        """
        try:
            numbers = int(str(said["size"])), int(str(said["evidence_seq"]))
            words = [str(said[name]) for name in ("hash", "evidence_hash", "at", "signature")]
        except KeyError as error:
            raise ValueError(f"a checkpoint has a field {error}") from None
        return cls(numbers[0], words[0], numbers[1], words[1], words[2], words[3])

    @classmethod
    def from_text(cls, text: str) -> "Checkpoint":
        """A checkpoint as the foot of a mail has it.

        Raises:
            ValueError: it is none.
        """
        said = json.loads(base64.urlsafe_b64decode(text.strip()))
        if not isinstance(said, dict):
            raise ValueError("a checkpoint is an object")  # noqa: TRY004 - one error for all that is no checkpoint
        return cls.of(said)


def canonical(value: object) -> str:
    """JSON of which equal values have equal bytes."""
    return _CANONICAL.encode(value)


def link(previous: bytes, event: Event) -> bytes:
    """The hash of an event behind the one before it, 32 bytes."""
    return hashlib.sha256(previous + canonical(event).encode()).digest()


def faults(
    chain: Iterable[Sealed], checkpoints: Iterable[Checkpoint], key: Ed25519PublicKey
) -> Iterator[str]:
    """One sentence for each thing that is not as it was sealed; none when all of it holds.

    Args:
        chain: the events by position.
        checkpoints: all that are known, from wherever they were kept.
        key: the site's public key.
    """
    due: dict[int, list[Checkpoint]] = {}
    for one in checkpoints:
        if not is_signed(one, key):
            yield f"the checkpoint of {one.at} over {one.size} events bears no signature of this site"
            continue
        due.setdefault(one.size, []).append(one)
    previous, size, last_good = GENESIS, 0, "the beginning"
    for sealed in chain:
        size += 1
        yield from _misplaced(sealed, size, previous)
        previous, size = sealed.hash, sealed.position
        for one in due.pop(size, []):
            if one.hash == previous.hex():
                last_good = one.at
                continue
            yield f"the chain was written anew between {last_good} and {one.at}, up to position {size}"
    for one in (one for kept in due.values() for one in kept):
        yield f"the chain ends at {size}, but at {one.at} it held {one.size} events: its end was cut off"


def is_signed(checkpoint: Checkpoint, key: Ed25519PublicKey) -> bool:
    """Whether the site's key signed exactly this."""
    try:
        raw = base64.b64decode(checkpoint.signature, validate=True)
        key.verify(raw, checkpoint.statement())
    except (InvalidSignature, ValueError):
        return False
    # The last character of base64 has bits that nobody reads: another one would decode to the same bytes.
    return base64.b64encode(raw).decode() == checkpoint.signature


def public_key(pem: bytes) -> Ed25519PublicKey:
    """The key from its PEM form.

    Raises:
        ValueError: it is no Ed25519 key.
    """
    key = load_pem_public_key(pem)
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("the public key is not of Ed25519")  # noqa: TRY004 - as for bytes that are no key
    return key


def _misplaced(sealed: Sealed, expected: int, previous: bytes) -> Iterator[str]:
    if sealed.position != expected:
        yield f"positions {expected} to {sealed.position - 1} are missing"
    if sealed.event is None:
        yield f"the event at position {sealed.position} was removed"
    elif sealed.position == expected and link(previous, sealed.event) != sealed.hash:
        seq = sealed.event.get("seq")
        yield f"position {sealed.position}, event {seq}, is not as it was sealed"


def _lines(path: Path) -> Iterator[dict[str, object]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _read(path: Path) -> Iterator[Sealed]:
    for said in _lines(path):
        event = said["event"]
        kept = event if isinstance(event, dict) else None
        yield Sealed(int(str(said["position"])), bytes.fromhex(str(said["hash"])), kept)


def faults_of(folder: Path) -> list[str]:
    """The faults of the trail in a folder.

    Raises:
        OSError, ValueError, KeyError: the files cannot be read.
    """
    key = public_key((folder / "public_key.pem").read_bytes())
    checkpoints = [Checkpoint.of(said) for said in _lines(folder / "checkpoints.jsonl")]
    return list(faults(_read(folder / "audit.jsonl"), checkpoints, key))


def main(folder: Path) -> int:
    """Check the files of a folder; 0 when all holds, 1 when not, 2 when they cannot be read."""
    try:
        found = faults_of(folder)
    except (OSError, ValueError, KeyError) as error:
        sys.stderr.write(f"the files cannot be read: {error}\n")
        return 2
    for fault in found:
        sys.stdout.write(f"{fault}\n")
    if not found:
        sys.stdout.write("the chain holds, and every checkpoint agrees with it\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else ".")))
