"""Which pictures of a data set are learnt from, where there are more than a training can take."""

import hashlib
from collections.abc import Sequence

from shared.domain.example import PictureExample


def choose(examples: Sequence[PictureExample], most: int) -> list[PictureExample]:
    """At most so many pictures, as equally many a person as there are, by an order that stays.

    A picture that was chosen this week is nearly always chosen next week, so its embedding serves again.
    """
    of_person: dict[bytes, list[PictureExample]] = {}
    for example in sorted(
        (e for e in examples if e.weight > 0), key=lambda e: (_drawn(str(e.case_id)), e.image)
    ):
        of_person.setdefault(_drawn(str(example.person_id)), []).append(example)
    turns = max((len(own) for own in of_person.values()), default=0)
    persons = [own for _, own in sorted(of_person.items(), key=lambda item: item[0])]
    found = [own[turn] for turn in range(turns) for own in persons if turn < len(own)]
    return sorted(found[:most], key=lambda example: (example.case_id.bytes, example.image))


def _drawn(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
