"""Texts with fields, where the position says what a value is: HL7 messages, tables, labels."""

import re
from collections.abc import Iterator
from functools import cache

from worker_collection.phi import cues, hl7, markup
from worker_collection.phi.lexicon import CLINICAL, CORE, DOUBLE, HEAD, NAME, RARE, VOCABULARY, fold, kind
from worker_collection.phi.spans import Span, stretches

_LABEL = re.compile(
    r"(?:^|(?<=[\n,;|{(/\t])|(?<=[ ]{2})|(?<=[.;,\n|{(/] )|(?<=[\s,;|{(/][-*•])|(?<=[-*•] )|"
    r"(?<=[\s,;|{(/][\"']))"
    r"([^\W\d_][^\W\d_.'’()/ _-]{0,14}(?:[ ._/-][^\W\d_.'’()]{1,14}(?:\([^\W\d_]{1,6}\))?){0,3}(?:\(s\))?)"
    r"[\"']?[ \t]{0,20}(?:[:=]|\.{3,40}|(?<=[ \t])\.{1,2}(?=[ ]))[ \t]{0,20}[\"']?(?=\S)",
    re.MULTILINE,
)
_NAME_VALUE = re.compile(
    r"(?:(?:dr|mr|mrs|ms|miss|prof)\b\.?[ ]?)?([^\W\d_](?:[^\W\d_]|['’.-])*(?:,?[ ](?!(?:and|with|on|at|by|"
    r"to|from|has|is|was|for)\b)[^\W\d_](?:[^\W\d_]|['’-]|\.(?= [^\W\d_]|$))*){0,4})",
    re.IGNORECASE,
)
_LINE_VALUE = re.compile(
    r"[^\n\r|;\"]{3,90}?(?=[ ]{2,}|[\n\r|;\"]|$|\.(?:\s|$)|[,.]?[ ]{1,2}[^\W\d_]{2,12}(?: no)?[ ]?:|"
    r"[ ](?:Tel|Ph|Mob|Phone)\b)"
)
_SPLIT = {
    ",": re.compile(r"\"[^\"\n]*\"|[^,\n]*"),
    ";": re.compile(r"\"[^\"\n]*\"|[^;\n]*"),
    "\t": re.compile(r"[^\t\n]*"),
    "|": re.compile(r"[^|\n]*"),
}
_SURE_LABELS = cues.words(
    "name surname forename forenames forename(s) firstname lastname nombre apellido apellidos vorname "
    "nachname nom prenom "
    "prénom cognome naam achternaam voornaam"
) | {
    "first name",
    "last name",
    "given name",
    "given names",
    "family name",
    "middle name",
    "patient name",
    "full name",
    "maiden name",
}
_PLAIN_VALUE = re.compile(
    r"[^\W\d_a-z][\w'’-]{0,24}(?:,?[ ][^\W\d_a-z][\w'’.-]{0,24}){0,3}(?=[ ]{2}|[ ]?(?:[\n\r|;,.)(/\"]|$|\d))"
)
_OLD = re.compile(r"0?(?:9\d|1[0-2]\d)\s?(?:[yY]\w*)?")
_EMPTY = cues.group("empty")


def find(text: str) -> Iterator[Span]:
    """What fields hold, by their place or their label."""
    if "|" in text:
        yield from hl7.find(text)
    yield from markup.find(text)
    yield from _tables(text)
    yield from _labelled(text)


def _tables(text: str) -> Iterator[Span]:
    lines = [(match.start(), match.group()) for match in re.finditer(r"[^\n]+", text)]
    for place, (_, line) in enumerate(lines[:-1]):
        for separator in (",", ";", "\t", "|"):
            columns = _header(line, separator)
            if columns:
                yield from _rows(lines[place + 1 :], separator, columns)
                break


def _header(line: str, separator: str) -> list[str | None] | None:
    """The classes of the columns, where the line heads a table with people in it."""
    if line.count(separator) < 2 or len(line) > 400 or any(char.isdigit() for char in line) or ". " in line:
        return None
    cells = _cells(line, separator)
    names = [cell.strip(" \"'").casefold() for _, cell in cells]
    if any(len(name.split()) > 3 for name in names):
        return None
    classes = [_column(name) for name in names]
    return (
        classes
        if sum(label is not None for label in classes) >= 2 or separator == "|" and any(classes)
        else None
    )


def _column(name: str) -> str | None:
    columns = cues.columns()
    if name in columns:
        return columns[name]
    for word in reversed(re.split(r"[\s_./-]+", name)):
        if word in columns:
            return columns[word]
    return None


def _cells(line: str, separator: str) -> list[tuple[int, str]]:
    cells, at = [], 0
    while at <= len(line):
        match = _SPLIT[separator].match(line, at)
        if match is None:
            break
        cells.append((match.start(), match.group()))
        at = match.end() + 1
    return cells


def _rows(lines: list[tuple[int, str]], separator: str, columns: list[str | None]) -> Iterator[Span]:
    for start, line in lines:
        cells = _cells(line, separator)
        if abs(len(cells) - len(columns)) > 1 or len(cells) < 3:
            return
        for (at, cell), label in zip(cells, columns, strict=False):
            span = _cell_span(start + at, cell, label)
            if span:
                yield span


def _cell_span(at: int, cell: str, label: str | None) -> Span | None:
    lead = re.match(r"[\s\"']*(?:(?:dr|mr|mrs|ms|prof)\b\.?\s)?", cell, re.IGNORECASE)
    start = at + (lead.end() if lead else 0)
    end = at + len(cell.rstrip(" \"'"))
    value = cell.strip(" \"'")
    if label == "AGE":
        return Span(start, end, "AGE", "90+") if _OLD.fullmatch(value) else None
    if label is None or end - start < 2 or value.casefold() in _EMPTY:
        return None
    if label in ("NAME", "HOSPITAL") and all(kind(word) & CORE and word.islower() for word in value.split()):
        return None
    return Span(start, end, label)


_COLON = re.compile(r"[:=]|\.{3}|(?<=[ \t])\.(?=\.?[ ])")
_PLAIN_COLON = re.compile(r"[:=]")
_LONGEST_LABEL = 90


def _colons(text: str) -> list[int]:
    """Where a colon or what stands for one ends a label, in order."""
    dotted = "..." in text or " ." in text or "\t." in text
    return [match.start() for match in (_COLON if dotted else _PLAIN_COLON).finditer(text)]


@cache
def _last_words() -> frozenset[str]:
    """The words that the labels end in."""
    return frozenset(_LETTERS.findall(label)[-1] for label in cues.labels())


def _ends_label(text: str, colon: int) -> bool:
    """Whether the word before a colon ends a label."""
    words = _LETTERS.findall(text[max(0, colon - _REACH) : colon].casefold())[-2:]
    return not _last_words().isdisjoint(words)


_LETTERS = re.compile(r"[^\W\d_]+")
_REACH = 48  # signs before a colon in which the last word of a label and what is in brackets behind it stand


def _labelled(text: str) -> Iterator[Span]:
    labels = cues.labels()
    colons = [colon for colon in _colons(text) if _ends_label(text, colon)]
    windows = stretches(colons, before=_LONGEST_LABEL, after=44)
    for match in (match for start, end in windows for match in _LABEL.finditer(text, start, end)):
        words = match.group(1).casefold().strip(" .")
        sort = labels.get(words) or labels.get(re.sub(r"['’]s$|\(s\)$", "", words))
        if sort == "name" and words in _SURE_LABELS and text[match.end() - 1 : match.end()] != "(":
            yield from _whole_name(text, match.end())
        if sort == "name" and not (words == "cc" and _is_complaint(text, match.end())):
            yield from _name_at(text, match.end())
        elif sort in ("address", "org", "hospital"):
            value = _LINE_VALUE.match(text, match.end())
            if (
                value
                and fold(value.group().split()[0]) not in _EMPTY
                and not _is_clinical_value(value.group())
            ):
                yield Span(
                    value.start(),
                    value.end(),
                    {"address": "ADDRESS", "org": "ORG", "hospital": "HOSPITAL"}[sort],
                )


_WORDS = re.compile(r"[^\W\d_]+(?:[ ][^\W\d_]+){0,3}")


def _is_complaint(text: str, at: int) -> bool:
    """Whether a complaint stands there and nobody who gets a copy: "CC: LR toothache", "cc: abdo pain"."""
    said = _WORDS.match(text, at)
    words = said.group().split() if said else []
    return any(
        word.islower() and kind(word) & (CLINICAL | HEAD | RARE) and not kind(word) & NAME for word in words
    )


# A short word and what is read of it: "Hb 11,8", "CRP 12", "Na+ 138", "leuco 9.800".
_READINGS = re.compile(
    r"(?<![^\s,;(])([^\W\d_]{1,12})[+]?(?:-\w{1,4})?[ :=]{1,2}[<>~]?\d{1,3}(?:[.,]\d{1,3})?(?![\w/-])"
)


def _is_clinical_value(value: str) -> bool:
    """Whether the value says where on the body or how it goes: "Location: left knee"."""
    words = re.findall(r"[^\W\d_]+", value)
    if sum(not kind(word) & CORE for word in _READINGS.findall(value)) > 1:
        return True  # "Lab: Hb 118, CRP 12"
    return value.islower() and all(
        kind(word) & (CLINICAL | HEAD | CORE) or fold(word) in _NOT_NAMES for word in words
    )


_NOT_NAMES = cues.names("not_names")


def _whole_name(text: str, at: int) -> Iterator[Span]:
    """What stands behind "Surname:" in capitals of its own, everyday words as well."""
    value = _PLAIN_VALUE.match(text, at)
    if value and fold(value.group().split()[0].strip(",.")) not in _EMPTY | cues.names("not_names"):
        yield Span(value.start(), value.end(), "NAME")


def _name_at(text: str, at: int) -> Iterator[Span]:
    value = _NAME_VALUE.match(text, at)
    if value is None:
        return
    words = list(re.finditer(r"[^\W\d_](?:[^\W\d_]|['’-])*", value.group(1)))
    end, taken = 0, 0
    for word in words:
        if (
            taken
            and text[value.start(1) + word.end() :][:1] == ":"
            or not _is_name_word(word.group(), taken)
            or taken
            and _ends_before(value.group(1), word, words[0].group())
        ):
            break
        end, taken = word.end(), taken + 1
    if taken and any(len(word.group()) > 1 for word in words[:taken]):
        start = value.start(1)
        end += (
            text[start + end : start + end + 1] == "."
            and words[taken - 1].end() - words[taken - 1].start() == 1
        )
        yield Span(start, start + end, "NAME")


def _ends_before(value: str, word: re.Match[str], first: str) -> bool:
    """Whether the name is over: a stop that is no initial's, or a small word after a capitalised name."""
    between = value[: word.start()].rstrip(" ")
    plain = kind(word.group()) & CORE and not kind(word.group()) & NAME  # "Vo. Lives at"
    if between.endswith(".") and (plain or re.search(r"[^\W\d_]{3}\.$", between)):
        return True
    return word.group().islower() and first[0].isupper() and fold(word.group()) not in cues.names("particles")


def _is_name_word(word: str, taken: int) -> bool:
    flags, key = kind(word), fold(word)
    if (
        key in cues.names("not_names")
        or key in cues.names("credentials")
        and taken
        or key in cues.names("roles")
        or key in cues.names("kin")
    ):
        return False
    if key in cues.names("particles") or len(word) == 1:
        return True
    if word.islower():
        return bool(flags & DOUBLE) or not flags & (VOCABULARY | HEAD)
    if flags & DOUBLE or not flags & (VOCABULARY | HEAD):
        return True
    if flags & (HEAD | CLINICAL):
        return taken > 0 and not flags & HEAD and word[0].isupper() and bool(flags & NAME)
    return bool(flags & NAME) or not flags & CORE or taken > 0
