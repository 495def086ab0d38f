"""Who gets the challenger: a keyed hash of the person into 10,000 buckets, the same for a whole challenge."""

import hashlib
import hmac

BUCKETS = 10_000


def bucket(person_key: str, salt: str) -> int:
    """The place of a person, 0 to 9999, under one salt; another salt gives an unrelated place."""
    digest = hmac.new(salt.encode(), person_key.encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big") % BUCKETS


def is_challenged(person_key: str, salt: str, share: float) -> bool:
    """Whether the challenger answers this person; a larger share only adds persons."""
    return bucket(person_key, salt) < round(share * BUCKETS)
