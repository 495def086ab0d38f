"""People of many cultures and the ways in which notes mention them."""

import random
import tomllib
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

Piece = tuple[str, str | None]  # words, label; `keep:` and `ignore` mark what is no identifier
_NICKNAMES = {
    "Margaret": "Peg", "Kimberly": "Kim", "Josephine": "Josie", "Winifred": "Freddie",
    "Harriet": "Hattie", "Kenneth": "Kenny", "Bradley": "Brad", "Douglas": "Dougie",
    "Clifford": "Cliff", "Leonard": "Lenny", "Wolfgang": "Wolfi", "Guadalupe": "Lupita",
    "Consuelo": "Chelo", "Rigoberto": "Rigo", "Salvatore": "Totò", "Gennaro": "Rino",
    "Wilhelmina": "Mien", "Oluwadamilare": "Dami", "Chukwuemeka": "Emeka", "Anastasia": "Tasia",
    "Athanasios": "Thanasi", "Małgorzata": "Gosia", "Stanisław": "Staszek", "Volodymyr": "Vova",
    "Mordechai": "Motti", "Balasubramaniam": "Bala", "Luzviminda": "Luz", "Reynaldo": "Rey",
    "Teresinha": "Teca", "Joaquim": "Quim", "Friederike": "Rike", "Jermaine": "Jay",
    "Earnestine": "Tina", "Mackenzie": "Kenzie", "Hannelore": "Hanni",
}  # fmt: skip
_PETS = "Skip|Bubba|Coco|Mimi|Junior|Red|Bibi|JJ|Buddy|Tootsie|Chip|Nonie|Ace|Babs|Duke|Pip|Tito|Lala"
# By first letter.
_BY_LETTER = (
    "Andy|Bee|Cece|Dee|Effie|Fitz|Gigi|Hap|Izzy|Jojo|Kiki|Lolo|Mo|Nini|Ollie|Poppy|Quin|Ro|Sunny|Teo|Uli|Vee|Wes"
    "|Xixi|Yaya|Zizi"
)
_VOWELS = "aeiou"
_HOSTS = "mailbox.example|example.org|post.example.net|webmail.example.com|inbox.example|clinic.example.org"


@dataclass(frozen=True)
class Person:
    """One person; names as the clinic spells them."""

    first: str
    middle: str
    last: str
    is_female: bool
    is_family_first: bool
    nick: str
    called: str  # the family name by which people go, the first of two

    @property
    def full(self) -> str:
        """The name in its own order."""
        names = (self.last, self.first) if self.is_family_first else (self.first, self.last)
        return " ".join(names)


@cache
def cultures() -> dict[str, dict[str, str]]:
    """The lists of names."""
    found: dict[str, dict[str, str]] = tomllib.loads(
        (Path(__file__).parent / "people.toml").read_text(encoding="utf-8")
    )
    return found


def drawn(kind: str, culture: str, dice: random.Random) -> str:
    """One name of a culture: f, m or l."""
    return dice.choice(cultures()[culture][kind].split(", "))


def person(culture: str, dice: random.Random, *, is_female: bool, lang: str, last: str = "") -> Person:
    """Somebody of a culture; English notes often lose accents, Iberian people have two surnames."""
    first = drawn("f" if is_female else "m", culture, dice)
    family = called = last or drawn("l", culture, dice)
    if not last and culture in ("hispanic", "portuguese") and dice.random() < (0.6 if lang != "en" else 0.2):
        family = f"{family} {drawn('l', culture, dice)}"
    if dice.random() < 0.06:
        family = called = f"{family}-{drawn('l', dice.choice(sorted(cultures())), dice).split()[-1]}"
    middle = drawn("f" if is_female else "m", culture, dice) if dice.random() < 0.4 else ""
    names = [first, middle, family, called]
    if lang == "en" and dice.random() < 0.4:
        names = [plain(one) for one in names]
    is_family_first = cultures()[culture].get("order") == "last" and dice.random() < 0.6
    nick = _NICKNAMES.get(first) or dice.choice((dice.choice(_PETS.split("|")), _pet_name(first)))
    return Person(names[0], names[1], names[2], is_female, is_family_first, nick, names[3])


def _pet_name(first: str) -> str:
    letter = plain(first)[0].upper()
    return next((name for name in _BY_LETTER.split("|") if name[0] == letter), "Lulu")


def plain(words: str) -> str:
    """The words without their accents."""
    return "".join(sign for sign in unicodedata.normalize("NFD", words) if not unicodedata.combining(sign))


def pieces(who: Person, form: str, dice: random.Random) -> list[Piece]:
    """A mention of somebody.

    Raises:
        KeyError: there is no such form.
    """
    if form == "hl7":
        return [(who.last.upper(), "NAME"), ("^", None), (who.first.upper(), "NAME")]
    if form == "email":
        return [(_email(who, dice), "EMAIL")]
    return [(_said(who, form, dice), "NAME")]


def _said(who: Person, form: str, dice: random.Random) -> str:
    if form == "any":
        form = dice.choice(("", "f", "l", "il", "nick"))
    middle = f" {who.middle[0]}." if who.middle else ""
    makers: dict[str, Callable[[], str]] = {
        "": lambda: _whole(who, dice),
        "f": lambda: who.first,
        "l": lambda: dice.choice((who.last, who.called)),
        "lf": lambda: f"{who.last}, {who.first}{dice.choice(('', middle))}",
        "LF": lambda: f"{who.last.upper()}, {who.first}",
        "L": who.last.upper,
        "FL": lambda: f"{who.first} {who.last.upper()}",
        "il": lambda: f"{who.first[0]}. {who.last}",
        "fi": lambda: f"{who.first} {who.last[0]}.",
        "nick": lambda: who.nick,
        "ini": lambda: dice.choice(("{}{}", "{}.{}.", "{}. {}.")).format(who.first[0], who.last[0].upper()),
        "typo": lambda: misspelt(who.last, dice),
        "typof": lambda: misspelt(who.first, dice),
        "typofl": lambda: f"{misspelt(who.first, dice)} {who.last}",
        "brk": lambda: broken(who.full, dice),
        "sp": lambda: "-".join(sign for sign in plain(who.last).upper() if sign.isalpha()),
        "user": lambda: _user(who, dice),
        "low": who.full.lower,
        "quoted": lambda: f'{who.first} "{who.nick}" {who.last}',
    }
    return makers[form]()


def _whole(who: Person, dice: random.Random) -> str:
    if who.is_family_first or not who.middle or dice.random() < 0.6:
        return who.full
    return f"{who.first} {who.middle if dice.random() < 0.3 else who.middle[0] + '.'} {who.last}"


def misspelt(word: str, dice: random.Random) -> str:
    """The word with one slip of a typist: two letters turned, one lost, one doubled, another vowel."""
    spots = [at for at in range(1, len(word) - 1) if word[at].isalpha() and word[at + 1].isalpha()]
    if not spots:
        return word + word[-1]
    at = dice.choice(spots)
    before, sign, after = word[:at], word[at], word[at + 1 :]
    slips = [before + after, before + sign * 2 + after, before + after[0] + sign + after[1:]]
    if sign in _VOWELS:
        slips.append(before + dice.choice(_VOWELS.replace(sign, "")) + after)
    return dice.choice([one for one in slips if one != word])


def broken(words: str, dice: random.Random) -> str:
    """The words with a line break as a narrow column or a fax makes it."""
    if " " in words and dice.random() < 0.6:
        return words.replace(" ", "\n", 1)
    at = max(2, len(words) - dice.randint(3, 4))
    return f"{words[:at]}-\n{words[at:]}" if words[at - 1 : at + 1].isalpha() else words.replace(" ", "\n", 1)


def _ascii(words: str) -> str:
    return "".join(sign for sign in plain(words).lower() if sign.isascii() and sign.isalnum()) or "user"


def _user(who: Person, dice: random.Random) -> str:
    first, last = _ascii(who.first), _ascii(who.last)
    return dice.choice(
        (f"{first[0]}{last}", f"{last[:6]}{first[0]}", f"{first}.{last}", f"{last}{first[0]}2")
    )


def _email(who: Person, dice: random.Random) -> str:
    first, last, nick = _ascii(who.first), _ascii(who.last), _ascii(who.nick)
    name = dice.choice(
        (f"{first}.{last}", f"{first[0]}{last}", f"{nick}_{last}{dice.randint(51, 99)}", f"{last}.{first[0]}")
    )
    return f"{name}@{dice.choice(_HOSTS.split('|'))}"
