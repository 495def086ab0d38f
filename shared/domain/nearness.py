"""Texts that say the same in nearly the same words, found in linear time.

Two texts are near duplicates when they share half of their five-letter runs or more (Jaccard, `NEAR`). Pairs
are found by min-hashing: a text is 60 numbers in 20 groups of three; texts that share a group are compared.
At an overlap of 0.5 a pair shares one with a probability of 0.93, at 0.6 of 0.99, at 0.2 of 0.15.

Source: Broder 1997 (min-wise hashing); Li, Owen and Zhang 2012 (one permutation); 1 - (1 - s^3)^20.
"""

import hashlib
import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from shared.domain.assertion import folded

NEAR = 0.5
RUN, BINS, GROUPS = 5, 60, 20
LEAST_WORDS = 12  # shorter texts are alike by chance
_MARK = re.compile(r"\[[A-Z_]+\]")
_NO_WORD = re.compile(r"[\W_]+")
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_POWERS = np.array([257**n for n in range(RUN)], dtype=np.uint64)
_STEP = np.uint32(0x9E3779B1)
Numbers = npt.NDArray[np.uint32]


def normal(text: str) -> str:
    """Words alone, in small letters, without the marks of de-identification: what is compared."""
    return _NO_WORD.sub(" ", folded(_MARK.sub(" ", text))).strip()


def same_text(text: str) -> bytes | None:
    """A name that two texts share when they are the same but for marks, case and punctuation, 16 bytes.

    None where the text is too short for sameness to mean anything.
    """
    words = normal(text)
    if words.count(" ") + 1 < LEAST_WORDS:
        return None
    return hashlib.blake2b(words.encode(), digest_size=16).digest()


def signature(text: str) -> bytes | None:
    """The min-hashes of a text, 60 little-endian numbers of four bytes; None for too short a text."""
    runs = _runs(normal(text))
    if len(runs) < RUN:
        return None
    bins, values = ((runs >> np.uint64(32)) % BINS).astype(np.int64), runs.astype(np.uint32)
    least = np.full(BINS, 0xFFFFFFFF, dtype=np.uint32)
    np.minimum.at(least, bins, values)
    filled = np.zeros(BINS, dtype=bool)
    filled[bins] = True
    return _filled(least, filled).astype("<u4").tobytes()


def groups(sealed: bytes) -> list[int]:
    """The 20 group numbers of a signature, signed 64-bit: equal ones make two texts candidates."""
    parts = np.frombuffer(sealed, dtype="<u4").reshape(GROUPS, -1)
    mixed = np.zeros(GROUPS, dtype=np.uint64)
    for column in parts.T.astype(np.uint64):
        mixed = _mixed(mixed * np.uint64(31) + column)
    return [int(value) for value in mixed.view(np.int64)]


def likeness(one: bytes, others: Sequence[bytes]) -> list[float]:
    """The overlap of a text with others as their signatures estimate it, 0 to 1, within about 0.06."""
    mine = np.frombuffer(one, dtype="<u4")  # (60,)
    theirs = np.frombuffer(b"".join(others), dtype="<u4").reshape(-1, BINS)  # (n, 60)
    return [float(value) for value in (theirs == mine).mean(axis=1)]


def runs_of(text: str) -> frozenset[int]:
    """The five-letter runs of a text, a number each."""
    return frozenset(_runs(normal(text)).tolist())


def overlap(one: frozenset[int], other: frozenset[int]) -> float:
    """The share of the runs of two texts that both have, 0 to 1."""
    shared = len(one & other)
    return shared / max(len(one) + len(other) - shared, 1)


def _runs(words: str) -> npt.NDArray[np.uint64]:
    """One number for each run of five letters, (n,)."""
    letters = np.frombuffer(words.encode(), dtype=np.uint8).astype(np.uint64)
    if len(letters) < RUN:
        return np.zeros(0, dtype=np.uint64)
    many = len(letters) - RUN + 1
    codes = np.zeros(many, dtype=np.uint64)
    for place, power in enumerate(_POWERS):
        codes += letters[place : place + many] * power
    return _mixed(codes)


def _mixed(numbers: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    numbers = (numbers ^ (numbers >> np.uint64(30))) * _MIX[0]
    numbers = (numbers ^ (numbers >> np.uint64(27))) * _MIX[1]
    return numbers ^ (numbers >> np.uint64(31))


def _filled(least: Numbers, filled: npt.NDArray[np.bool_]) -> Numbers:
    """Empty bins borrow from the next that is full, told apart by how far it is."""
    places = np.flatnonzero(filled)
    following = places[np.searchsorted(places, np.arange(BINS)) % len(places)]
    away = ((following - np.arange(BINS)) % BINS).astype(np.uint32)
    return (least[following] + away * _STEP).astype(np.uint32)
