"""Dates in the forms in which clinicians of many countries write them."""

import random
from datetime import date, timedelta

_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_FOREIGN = {
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września "
    "października listopada grudnia",
    "tr": "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
}
_HOLIDAYS = (
    "Easter Sunday", "Boxing Day", "Diwali", "Eid", "Thanksgiving", "Christmas Eve", "New Year's Day",
    "Memorial Day", "the 4th of July",
    "Halloween", "Good Friday", "Onam", "Holi", "Ash Wednesday", "Mother's Day", "Yom Kippur",
    "Passover", "Ramadan", "St Patrick's Day",
    "Anzac Day", "Canada Day", "Songkran", "Tet", "Chinese New Year", "Durga Puja", "Bonfire Night",
    "Valentine's Day", "Orthodox Christmas",
)  # fmt: skip
_ORDINALS = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
    "twenty-first",
    "twenty-second",
    "twenty-third",
    "twenty-fourth",
    "twenty-fifth",
    "twenty-sixth",
    "twenty-seventh",
    "twenty-eighth",
    "twenty-ninth",
    "thirtieth",
    "thirty-first",
]


def nth(day: int) -> str:
    """21 as 21st."""
    return f"{day}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(day % 10 if day not in (11, 12, 13) else 0, 'th') }"


def _numeric(when: date, order: str, dice: random.Random) -> str:
    day, month = when.day, when.month
    if order == "thai" and dice.random() < 0.5:
        return f"{day:02}/{month:02}/{when.year + 543}"
    if order == "jalali" and dice.random() < 0.5:  # the year and the month, about; nobody converts it back
        return f"{when.year - 621}/{(month + 8) % 12 + 1:02}/{min(day, 29):02}"
    if order == "ymd":
        return dice.choice((f"{when:%Y-%m-%d}", f"{when:%Y/%m/%d}", f"{when:%Y.%m.%d}", f"{when:%y-%m-%d}"))
    if order == "mdy":
        return dice.choice(
            (f"{when:%m/%d/%Y}", f"{month}/{day}/{when:%y}", f"{month}/{day}/{when:%Y}", f"{when:%m-%d-%Y}")
        )
    sign = order[3:] or dice.choice("/-./")
    year = dice.choice((f"{when:%Y}", f"{when:%Y}", f"{when:%y}"))
    return dice.choice((f"{day:02}{sign}{month:02}{sign}{year}", f"{day}{sign}{month}{sign}{year}"))


def _written(when: date, order: str, dice: random.Random) -> str:
    month = _MONTHS[when.month - 1]
    short = "Sept" if when.month == 9 and dice.random() < 0.5 else month[:3]
    american = (
        f"{month} {when.day}, {when.year}",
        f"{short} {when.day}, {when.year}",
        f"{short}. {nth(when.day)} {when.year}",
    )
    other = (
        f"{when.day} {month} {when.year}", f"{nth(when.day)} {month} {when.year}",
        f"{when.day:02} {short} {when.year}",
        f"{when.day:02}-{short}-{when:%y}", f"{nth(when.day)} of {month}, {when.year}",
        f"{when.day}-{short.upper()}-{when.year}",
        f"{when.day}/{short}/{when:%y}", f"{short} {when.day} {when.year}",
    )  # fmt: skip
    return dice.choice(american if order == "mdy" and dice.random() < 0.7 else other)


def shown(when: date, form: str, *, order: str, dice: random.Random) -> str:
    """A date in one of the forms of a slot; order is that of the place."""
    month, day = _MONTHS[when.month - 1], when.day
    if form in _FOREIGN:
        name = _FOREIGN[form].split()[when.month - 1]
        joint = {"es": " de ", "pt": " de ", "de": ". "}.get(form, " ")
        return f"{day}{joint}{name}{' de ' if form in ('es', 'pt') else ' '}{when.year}"
    loose = {
        "num": lambda: _numeric(when, order, dice),
        "text": lambda: _written(when, order, dice),
        "": lambda: dice.choice((_numeric, _numeric, _written))(when, order, dice),
        "iso": lambda: f"{when:%Y-%m-%d}",
        "hl7": lambda: f"{when:%Y%m%d}",
        "compact": lambda: dice.choice(
            (
                f"{when:%d}{month[:3].upper()}{when:%y}",
                f"{when:%d%m%y}",
                f"{when:%d}{month[:3].upper()}{when.year}",
            )
        ),
        "md": lambda: dice.choice(_short(when, order)),
        "month": lambda: month,
        "nth": lambda: f"the {nth(day)}",
        "my": lambda: dice.choice(
            (
                f"{month} {when.year}",
                f"{month[:3]} {when.year}",
                f"{when:%m/%Y}",
                f"{month[:3]} '{when:%y}",
                f"{when.month}/{when:%y}",
            )
        ),
        "holiday": lambda: dice.choice(_HOLIDAYS),
        "spoken": lambda: dice.choice(
            (f"{month.lower()} {_ORDINALS[day - 1]}", f"the {_ORDINALS[day - 1]} of {month.lower()}")
        ),
        "wareki": lambda: f"R{max(1, when.year - 2018)}.{when.month}.{day}",
        "range": lambda: (
            f"{month[:3]} {min(day, 25)}-{min(day, 25) + 3}"
            if order == "mdy"
            else f"{min(day, 25)}-{min(day, 25) + 3} {month[:3]}"
        ),
    }
    return loose[form]()


def _short(when: date, order: str) -> tuple[str, ...]:
    month, day = _MONTHS[when.month - 1], when.day
    if order == "mdy":
        return (f"{when.month}/{day}", f"{month[:3]} {day}", f"{month} {nth(day)}", f"{when:%m/%d}")
    return (
        f"{nth(day)} {month[:3]}",
        f"{day} {month}",
        f"{day}/{when.month}",
        f"{day}-{month[:3]}",
        f"{nth(day)} {month}",
    )


def birth(ages: str, today: date, dice: random.Random) -> date:
    """A birth date that suits the note: child, mother, old or any adult."""
    low, high = {"child": (1, 15), "mother": (18, 43), "old": (90, 101)}.get(ages, (19, 88))
    return today - timedelta(days=dice.randint(low * 365 + 1, high * 365))


def age_on(today: date, born: date) -> int:
    """Whole years lived."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
