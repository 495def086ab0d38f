"""Notes cut, mixed and strewn with odd signs, and whether the product keeps its word on them."""

import random
import string
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench.deid_exam.drive import DiedError, Product
from bench.deid_exam.score import merged, really_gone

SLOW_MS, SLOW_SIGNS = 50.0, 2000  # so many milliseconds for every begun two thousand signs
MOST_DEATHS = 20
_ODD = (
    "\u200b\u200c\u200d\u2060\ufeff\u00ad", "\u202a\u202e\u2066\u2069\u200f",
    "\u00a0\u2009\u202f\u3000\t\v\f", "😀🏥👩\u200d⚕️🇩🇪",
    "\x00\x01\x1b\x7f\x85", "\ud800\udfff\ud83d", "ſßİıǅŉﬁﬀ№™½²³", "éñüøåçßœ", "中文患者姓名",
    "اسمالمريض", "Иванов", "नमस्ते", "０１２３", "\u0301\u0338\u20dd",
)  # fmt: skip
_BRACKETS = ("(", "[", "{", "<", "[[NAME]]", "((", "*", "\\", "^", "|", "~", "&", "%s", "$", '"', "'", "`")
REPEATED = tuple("aA1.- \n@\t") + (
    "Dr ",
    "Mr. ",
    "12/",
    "1-",
    "a.",
    "a@",
    "St ",
    "x1 ",
    "(1",
    "Al-",
    "of the ",
    "0 ",
)
Mutation = Callable[[str, random.Random], str]
Mangled = tuple[str, dict[str, object], str]  # the note, the patient's row, what was done


@dataclass
class Fuzzed:
    """What went wrong over so many notes; `worst` is the most of any two thousand signs, in milliseconds."""

    notes: int = 0
    crashed: int = 0
    inconsistent: int = 0
    slow: int = 0
    worst: float = 0.0
    faults: str = ""  # the first fault, by what was done to the note; never its text


def _strewn(text: str, dice: random.Random) -> str:
    signs = dice.choice(_ODD)
    places = sorted(dice.sample(range(len(text) + 1), min(len(text), dice.randint(1, 12))), reverse=True)
    for place in places:
        text = text[:place] + dice.choice(signs) + text[place:]
    return text


def _printable(text: str, dice: random.Random) -> str:
    place = dice.randrange(len(text) + 1)
    return (
        text[:place]
        + "".join(dice.choice(string.printable) for _ in range(dice.randint(1, 60)))
        + text[place:]
    )


def _repeated(text: str, dice: random.Random) -> str:
    times = dice.randint(30, 3000 if dice.random() < 0.05 else 300)
    return text + dice.choice(REPEATED) * times + text[: dice.randint(0, 40)]


def _nested(text: str, dice: random.Random) -> str:
    return (
        dice.choice(_BRACKETS) * dice.randint(1, 300) + text + dice.choice(_BRACKETS) * dice.randint(1, 300)
    )


def _wide(text: str, dice: random.Random) -> str:
    return "".join(
        chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" and dice.random() < 0.5 else sign for sign in text
    )


def _digits(text: str, dice: random.Random) -> str:
    run = "".join(
        dice.choice("0123456789-/. ") for _ in range(dice.randint(20, 2000 if dice.random() < 0.05 else 200))
    )
    return text + dice.choice(("", " ", "\n", "MRN")) + run


def _huge(text: str, dice: random.Random) -> str:
    return (text + dice.choice(("\n", " ", ""))) * (dice.choice((6_000, 30_000)) // max(1, len(text)) + 1)


MUTATIONS: dict[str, Mutation] = {
    "strewn": _strewn,
    "printable": _printable,
    "repeated": _repeated,
    "nested": _nested,
    "wide": _wide,
    "digits": _digits,
    "decomposed": lambda text, dice: unicodedata.normalize(dice.choice(("NFD", "NFKD", "NFKC")), text),
    "joined": lambda text, dice: text.replace(" ", dice.choice(("", "_", "\u00a0", "  ", "\r\n"))),
    "lines": lambda text, dice: text.replace("\n", dice.choice(("\r\n", "\r", "\u2028", "\\n", "\n\n\n"))),
    "turned": lambda text, _: text[::-1],
    "cased": lambda text, dice: text.swapcase() if dice.random() < 0.5 else text.title(),
    "scrambled": lambda text, dice: " ".join(dice.sample(words := text.split(" "), len(words))),
}


def mangled(texts: list[str], dice: random.Random, *, without: str = "") -> tuple[str, str]:
    """A note nobody wrote, and what was done to make it; one mutation may be left out."""
    text = ""
    for _ in range(dice.randint(1, 3)):
        whole = dice.choice(texts)
        start = dice.randrange(len(whole))
        text += whole[start : start + dice.randint(1, 500)]
    done = dice.sample(sorted(set(MUTATIONS) - {without}), dice.randint(1, 2))
    for name in done:
        text = MUTATIONS[name](text, dice)
    if dice.random() < 0.001:
        done, text = [*done, "huge"], _huge(text, dice)
    return text[:200_000], "+".join(done)


def fuzzed(command: str, texts: list[str], *, count: int, seed: int, without: str = "") -> Fuzzed:
    """Ask the product `count` mangled notes, half with a patient's row; one that dies too often is left."""
    found, notes = Fuzzed(), _mangled_notes(texts, count, seed=seed, without=without)
    for _ in range(MOST_DEATHS):
        with Product(command) as product:
            if _survives(found, product, notes):
                break
    return found


def _survives(found: Fuzzed, product: Product, notes: Iterator[Mangled]) -> bool:
    """Whether one process answers all that is left."""
    for text, known, done in notes:
        try:
            _judge(found, product, text=text, known=known, done=done)
        except DiedError:
            found.crashed += 1
            found.faults = found.faults or f"died of {done}"
            return False
    return True


def _mangled_notes(texts: list[str], count: int, *, seed: int, without: str) -> Iterator[Mangled]:
    dice = random.Random(seed)
    for _ in range(count):
        text, done = mangled(texts, dice, without=without)
        row: dict[str, object] = {
            "name": "Ann-Lee O'Dowd",
            "mrn": "7741902",
            "dob": "1951-02-03",
            "phone": "+1 (212) 555-0133",
            "providers": ["Zoë Ng"],
        }
        yield text, row if dice.random() < 0.5 else {}, done


def _judge(found: Fuzzed, product: Product, *, text: str, known: dict[str, object], done: str) -> None:
    record = {"id": str(found.notes), "text": text, "known": known}
    found.notes += 1
    answer = product.ask(record, known=True)
    cost = product.speed.per_length[-1][1] / (1 + len(text) // SLOW_SIGNS)
    if cost > SLOW_MS:  # once more alone: the machine may have been busy
        product.ask(record, known=True)
        cost = min(cost, product.speed.per_length[-1][1] / (1 + len(text) // SLOW_SIGNS))
    found.worst = max(found.worst, cost)
    is_wrong = (
        not answer.get("error")
        and not really_gone(text, answer.get("text") or "", merged(answer, len(text)))[0]
    )
    found.slow += cost > SLOW_MS
    found.crashed += bool(answer.get("error"))
    found.inconsistent += is_wrong
    if not found.faults and (is_wrong or answer.get("error") or cost > SLOW_MS):
        found.faults = (
            f"{'inconsistent' if is_wrong else 'failed' if answer.get('error') else 'slow'} on {done}"
        )
