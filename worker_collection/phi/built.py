"""Whether a word that no list has is built from words that are in one: "debulking", "fingerstick"."""

from functools import lru_cache

from worker_collection.phi import cues
from worker_collection.phi.lexicon import EPONYM, VOCABULARY, known_flags

_ENDINGS = tuple(
    sorted(
        cues.words(
            "ing ed d s es er ers or ors tion ation sion ity ness ment ous ly ic ical al ial ate ated "
            "ine ol ide oid ive able ible "
            "ular ary ase ia ism ist ists ize ise ized ised y ies n an ian en ful less like wise ward"
        ),
        key=len,
        reverse=True,
    )
)
_BEGINNINGS = tuple(
    sorted(
        cues.words(
            "re un de non pre post anti hemi sub intra inter hyper hypo over under mid semi multi micro "
            "macro mini para peri retro supra "
            "trans ultra uni bi tri quad poly pseudo neo auto co counter dis mis en em ex extra fore in "
            "im iso mal mega meta mono out "
            "pan self super tele up down off on cross"
        ),
        key=len,
        reverse=True,
    )
)
_COMBINING = tuple(
    cues.words(
        "naso osteo ostio oro labio bucco cervico thoraco lumbo sacro ilio femoro tibio fibulo costo "
        "sterno vertebro ulno humero "
        "scapulo acromio coraco genito recto vesico utero vagino hepato spleno maxillo mandibulo temporo "
        "fronto parieto occipito "
        "spino dermo adipo lipo tympano audio oculo vitreo retino kerato cortico cerebro cerebello medio "
        "latero antero postero "
        "supero infero dorso ventro veno arterio atrio ventriculo aorto pleuro peritoneo rostro caudo "
        "cranio glosso pharyngo "
        "laryngo esophago oesophago duodeno jejuno colo procto pyelo uretero cysto urethro"
    )
)
_OF_EPONYM = cues.words("ian ians oid ism ised ized ising izing esque like")
_REPLACED = ("", "e", "y", "a", "is", "us", "um", "ia")


@lru_cache(maxsize=16384)
def is_built(key: str) -> bool:
    """Whether the word is a known one with an ending or a beginning, or two known ones joined."""
    if len(key) > 7 and key.startswith(_COMBINING):
        return True
    return _is_ended(key) or _is_begun(key) or _is_joined(key)


@lru_cache(maxsize=16384)
def is_of_eponym(key: str) -> bool:
    """Whether the word is made of an eponym: "Addisonian", "Cushingoid", "Kocherised"."""
    return any(
        key.endswith(ending) and any(known_flags(key[: -len(ending)] + more) & EPONYM for more in ("", "e"))
        for ending in _OF_EPONYM
        if len(key) > len(ending) + 3
    )


def _is_word(key: str) -> bool:
    return len(key) > 2 and bool(known_flags(key) & VOCABULARY)


def _is_ended(key: str) -> bool:
    for ending in _ENDINGS:
        stem = key[: -len(ending)]
        if key.endswith(ending) and len(stem) > 3 and any(_is_word(stem + more) for more in _REPLACED):
            return True
    return len(key) > 6 and key[-4] == key[-5] and key.endswith("ing") and _is_word(key[:-4])


def _is_begun(key: str) -> bool:
    for beginning in _BEGINNINGS:
        rest = key[len(beginning) :]
        if (
            key.startswith(beginning)
            and len(rest) > 3
            and (_is_word(rest) or len(rest) > 6 and _is_ended(rest))
        ):
            return True
    return False


def _is_joined(key: str) -> bool:
    return len(key) > 6 and any(
        _is_word(key[:cut]) and _is_word(key[cut:]) and min(cut, len(key) - cut) > 3 - (len(key) > 8)
        for cut in range(3, len(key) - 2)
    )
