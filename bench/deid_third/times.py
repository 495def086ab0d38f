"""Birth dates, ages and the ways in which dates are written."""

import random
from datetime import date, timedelta

MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
}
WEEKDAYS = {
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "de": "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "es": "lunes martes miércoles jueves viernes sábado domingo",
    "it": "lunedì martedì mercoledì giovedì venerdì sabato domenica",
    "nl": "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
    "pt": "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo",
}
_HOLIDAYS = {
    "en": "Christmas Eve|Thanksgiving|Boxing Day|Labor Day|New Year's Eve|Eid|Diwali|Good Friday"
    "|the 4th of July|Mother's Day|Yom Kippur|Halloween|Memorial Day|Easter Sunday",
    "de": "Heiligabend|Pfingstmontag|Silvester|Karfreitag",
    "fr": "Noël|la Toussaint|l'Ascension|le 14 juillet",
    "es": "Nochebuena|el Día de Reyes|Semana Santa|Viernes Santo",
    "it": "Ferragosto|Pasquetta|l'Epifania|Capodanno",
    "nl": "Koningsdag|Pinksteren|Sinterklaas|Oudejaarsavond",
    "pt": "Páscoa|Natal|São João|Carnaval",
}
_ARTICLES = ("the ", "el ", "le ", "la ", "l'")
_NUMERIC = {
    "mdy": (
        "{m}/{d}/{y}",
        "{mm}/{dd}/{yy}",
        "{m}-{d}-{yy}",
        "{mm}/{dd}/{y}",
        "{mm}.{dd}.{y}",
        "{y}-{mm}-{dd}",
    ),
    "dmy": (
        "{dd}/{mm}/{y}",
        "{d}/{m}/{yy}",
        "{dd}.{mm}.{yy}",
        "{d}-{m}-{y}",
        "{dd} {mm} {y}",
        "{y}-{mm}-{dd}",
    ),
    "dot": ("{dd}.{mm}.{y}", "{d}.{m}.{yy}", "{dd}.{mm}.{yy}", "{d}. {m}. {y}"),
    "dash": ("{dd}-{mm}-{y}", "{d}-{m}-{yy}", "{dd}/{mm}/{y}"),
    "iso": ("{y}-{mm}-{dd}", "{y}/{mm}/{dd}", "{dd}/{mm}/{y}", "{y}{mm}{dd}"),
}
_LONG = {
    "en": ("{d} {mon} {y}", "{d}{th} {mon} {y}", "{dd}-{abb}-{y}", "{d} {abb} '{yy}", "{dd}{ABB}{yy}"),
    "us": ("{mon} {d}, {y}", "{abb} {d} {y}", "{abb}. {d}{th}, {y}", "{mon} {d}{th} {y}", "{dd} {ABB} {y}"),
    "de": ("{d}. {mon} {y}", "{dd}. {abb}. {y}"),
    "fr": ("{d} {mon} {y}", "{d} {mon}"),
    "es": ("{d} de {mon} de {y}", "{d}-{abb}-{y}", "{d} {mon} {y}"),
    "it": ("{d} {mon} {y}", "{dd}-{abb}-{y}"),
    "nl": ("{d} {mon} {y}", "{d} {abb} {y}"),
    "pt": ("{d} de {mon} de {y}", "{dd}/{abb}/{y}"),
}
_SHORT = {
    "en": ("{d} {mon}", "{d}{th} of {mon}", "{d}/{m}", "{d} {abb}"),
    "us": ("{m}/{d}", "{mon} {d}{th}", "{abb} {d}", "{d}{th} of {mon}"),
    "de": ("{d}.{m}.", "{d}. {mon}"),
    "es": ("{d} de {mon}", "{d}/{m}"),
    "pt": ("{d} de {mon}", "{d}/{m}"),
    "nl": ("{d} {mon}", "{d}/{m}"),
}
_MONTH_YEAR = ("{mon} {y}", "{mm}/{y}", "{abb} {y}")
_SPANS_OF_LIFE = {"infant": (2, 300), "child": (730, 5900), "adult": (7000, 25000), "old": (25000, 32500)}


def birth(group: str, today: date, dice: random.Random) -> date:
    """A birth date: infant, child, adult, old, or elder (90 and over); adult or old where none is wished."""
    if group == "elder":
        return today - timedelta(days=dice.randint(90 * 366, 102 * 365))
    low, high = _SPANS_OF_LIFE[group or dice.choice(("adult", "adult", "old"))]
    return today - timedelta(days=dice.randint(low, high))


def years_between(born: date, today: date) -> int:
    """Age in whole years."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def written(when: date, form: str, *, lang: str, order: str, dice: random.Random) -> str:
    """One date in one form: num, long, md, mon, my, ord, iso, cmp, hol, or any."""
    if form == "hol":
        return dice.choice(_HOLIDAYS[lang].split("|"))
    style = "us" if order == "mdy" else lang
    patterns = {
        "num": _NUMERIC[order],
        "long": _LONG[style],
        "md": _SHORT.get(style, ("{d} {mon}", "{d}/{m}")),
        "mon": ("{mon}",),
        "my": _MONTH_YEAR,
        "ord": ("{d}{th}",),
        "iso": ("{y}-{mm}-{dd}",),
        "cmp": ("{y}{mm}{dd}",),
    }
    kind = form or dice.choices(("num", "long", "md"), (60, 30, 10))[0]
    return _filled(dice.choice(patterns[kind]), when, lang)


def article_of(words: str) -> str:
    """The article with which a holiday's name begins, empty for none."""
    return next((one for one in _ARTICLES if words.startswith(one)), "")


def weekday(when: date, lang: str) -> str:
    """The day of the week."""
    return WEEKDAYS[lang].split()[when.weekday()]


def _filled(pattern: str, when: date, lang: str) -> str:
    month = MONTHS[lang].split()[when.month - 1]
    ending = "th" if 10 < when.day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(when.day % 10, "th")
    return pattern.format(
        d=when.day, dd=f"{when.day:02}", m=when.month, mm=f"{when.month:02}", y=when.year,
        yy=f"{when.year % 100:02}", mon=month, abb=month[:3], ABB=month[:3].upper(), th=ending,
    )  # fmt: skip
