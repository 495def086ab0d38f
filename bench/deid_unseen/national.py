"""Numbers that a country gives its people, in its own form and with its own check digits."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from bench.deid_unseen.checks import filled, luhn, mod11, until, verhoeff, weighted


@dataclass(frozen=True)
class Holder:
    """Whose number it is; many numbers tell the birth date and the sex."""

    dice: random.Random
    born: date
    is_female: bool


Maker = Callable[[Holder], str]


def _plain(*patterns: str) -> Maker:
    return lambda holder: filled(holder.dice.choice(patterns), holder.dice)


def _dated(form: str, tail: str) -> Maker:
    return lambda holder: holder.born.strftime(form) + filled(tail, holder.dice)


def _nhs(holder: Holder) -> str:
    body = until(lambda: filled("%########", holder.dice), lambda it: mod11(it, (10, 9, 8, 7, 6, 5, 4, 3, 2)))
    return holder.dice.choice(
        (f"{body[:3]} {body[3:6]} {body[6:]}", body, f"{body[:3]}-{body[3:6]}-{body[6:]}")
    )


def _sin(holder: Holder) -> str:
    body = filled("%#######", holder.dice)
    body += luhn(body)
    return f"{body[:3]} {body[3:6]} {body[6:]}"


def _medicare_au(holder: Holder) -> str:
    body = str(holder.dice.randint(2, 6)) + filled("#######", holder.dice)
    body += str(weighted(body, "13791379") % 10)
    return f"{body[:4]} {body[4:]} {holder.dice.randint(1, 5)}"


def _nhi(holder: Holder) -> str:
    signs = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    while True:
        head, tail = "".join(holder.dice.choice(signs) for _ in range(3)), filled("###", holder.dice)
        values = [signs.index(sign) + 1 for sign in head] + [int(digit) for digit in tail]
        rest = sum(value * weight for value, weight in zip(values, (7, 6, 5, 4, 3, 2), strict=True)) % 11
        if rest:
            return f"{head}{tail}{(11 - rest) % 10}"


def _pps(holder: Holder) -> str:
    body = filled("#######", holder.dice)
    return (
        body
        + "WABCDEFGHIJKLMNOPQRSTUV"[weighted(body, (8, 7, 6, 5, 4, 3, 2)) % 23]
        + holder.dice.choice(("", "A"))
    )


def _aadhaar(holder: Holder) -> str:
    body = str(holder.dice.randint(2, 9)) + filled("##########", holder.dice)
    body += verhoeff(body)
    return f"{body[:4]} {body[4:8]} {body[8:]}"


def _bsn(holder: Holder) -> str:
    return until(
        lambda: filled("%#######", holder.dice),
        lambda it: None if (rest := weighted(it, (9, 8, 7, 6, 5, 4, 3, 2)) % 11) == 10 else str(rest),
    )


def _fnr(holder: Holder) -> str:
    day = holder.born.strftime("%d%m%y")
    body = until(lambda: day + filled("###", holder.dice), lambda it: mod11(it, "376189452"))
    second = mod11(body, "5432765432")
    return _fnr(holder) if second is None else f"{day} {body[6:]}{second}"


def _hetu(holder: Holder) -> str:
    day, tail = holder.born.strftime("%d%m%y"), f"{holder.dice.randint(2, 899):03}"
    century = "A" if holder.born.year > 1999 else "-"
    return f"{day}{century}{tail}{'0123456789ABCDEFHJKLMNPRSTUVWXY'[int(day + tail) % 31]}"


def _personnummer(holder: Holder) -> str:
    body = holder.born.strftime("%y%m%d") + filled("###", holder.dice)
    whole = body[:6] + "-" + body[6:] + luhn(body)
    return (str(holder.born.year // 100) if holder.dice.random() < 0.5 else "") + whole


def _pesel(holder: Holder) -> str:
    month = holder.born.month + (20 if holder.born.year > 1999 else 0)
    body = f"{holder.born:%y}{month:02}{holder.born:%d}" + filled("####", holder.dice)
    return body + str(-weighted(body, "1379137913") % 10)


def _rodne(holder: Holder) -> str:
    head = f"{holder.born:%y}{holder.born.month + (50 if holder.is_female else 0):02}{holder.born:%d}"
    tail = filled("###", holder.dice)
    rest = int(head + tail) % 11
    return f"{head}/{tail}{rest % 10}"


def _cnp(holder: Holder) -> str:
    first = (1 if holder.born.year < 2000 else 5) + holder.is_female
    body = f"{first}{holder.born:%y%m%d}{holder.dice.randint(1, 40):02}" + filled("###", holder.dice)
    rest = weighted(body, "279146358279") % 11
    return body + ("1" if rest == 10 else str(rest))


def _dni(holder: Holder) -> str:
    body = filled("%#######", holder.dice)
    return body + holder.dice.choice(("", "-")) + "TRWAGMYFPDXBNJZSQVHLCKE"[int(body) % 23]


def _nir(holder: Holder) -> str:
    place = f"{holder.dice.randint(1, 95):02}{holder.dice.randint(1, 500):03}{holder.dice.randint(1, 500):03}"
    body = f"{2 if holder.is_female else 1}{holder.born:%y%m}{place}"
    key = 97 - int(body) % 97
    return f"{body[0]} {body[1:3]} {body[3:5]} {body[5:7]} {body[7:10]} {body[10:]} {key:02}"


def _kvnr(holder: Holder) -> str:
    letter, body = holder.dice.choice("ABCDEFGHKLMNPRSTVWXYZ"), filled("########", holder.dice)
    digits = f"{ord(letter) - 64:02}{body}"
    total = sum(sum(divmod(int(digit) * (1 + place % 2), 10)) for place, digit in enumerate(digits))
    return f"{letter}{body}{total % 10}"


def _svnr(holder: Holder) -> str:
    while True:
        serial, day = filled("%##", holder.dice), holder.born.strftime("%d%m%y")
        rest = (weighted(serial, "379") + weighted(day, "584216")) % 11
        if rest < 10:
            return f"{serial}{rest} {day}"


def _ahv(holder: Holder) -> str:
    body = "756" + filled("#########", holder.dice)
    last = -weighted(body, "131313131313") % 10
    return f"756.{body[3:7]}.{body[7:11]}.{body[11:]}{last}"


def _nrn(holder: Holder) -> str:
    serial = f"{holder.dice.randrange(2 if holder.is_female else 1, 997, 2):03}"
    whole = int(("2" if holder.born.year > 1999 else "") + holder.born.strftime("%y%m%d") + serial)
    return f"{holder.born:%y.%m.%d}-{serial}.{97 - whole % 97:02}"


def _cpf(holder: Holder) -> str:
    body = filled("#########", holder.dice)
    for top in (10, 11):
        rest = 11 - weighted(body, tuple(range(top, 1, -1))) % 11
        body += "0" if rest > 9 else str(rest)
    return f"{body[:3]}.{body[3:6]}.{body[6:9]}-{body[9:]}"


def _rut(holder: Holder) -> str:
    body = str(holder.dice.randint(5_000_000, 24_999_999))
    rest = 11 - sum(int(digit) * (2 + place % 6) for place, digit in enumerate(reversed(body))) % 11
    return f"{int(body):,}".replace(",", ".") + "-" + {11: "0", 10: "K"}.get(rest, str(rest))


def _curp(holder: Holder) -> str:
    body = (
        filled("@", holder.dice)
        + holder.dice.choice("AEIOU")
        + filled("@@", holder.dice)
        + holder.born.strftime("%y%m%d")
    )
    body += (
        ("M" if holder.is_female else "H")
        + holder.dice.choice(("DF", "JC", "NL", "VZ"))
        + filled("@@@", holder.dice)
        + filled("#", holder.dice)
    )
    values = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
    return body + str(-sum(values.index(sign) * (18 - place) for place, sign in enumerate(body)) % 10)


def _tckn(holder: Holder) -> str:
    body = filled("%########", holder.dice)
    odd, even = sum(map(int, body[::2])), sum(map(int, body[1::2]))
    tenth = (odd * 7 - even) % 10
    return f"{body}{tenth}{(odd + even + tenth) % 10}"


def _ric(holder: Holder) -> str:
    body = filled("4%01##", holder.dice) + holder.born.strftime("%Y%m%d") + filled("###", holder.dice)
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[weighted(body, weights) % 11]


def _nric(holder: Holder) -> str:
    body = filled("#######", holder.dice)
    return (
        ("S" if holder.born.year < 2000 else "T") + body + _nric_letter(body, 4 * (holder.born.year > 1999))
    )


def _nric_letter(body: str, shift: int) -> str:
    return "JZIHGFEDCBA"[(weighted(body, "2765432") + shift) % 11]


def _za(holder: Holder) -> str:
    body = (
        holder.born.strftime("%y%m%d")
        + str(holder.dice.randint(0, 4) + 5 * (not holder.is_female))
        + filled("###08", holder.dice)
    )
    return body + luhn(body)


def _emirates(holder: Holder) -> str:
    body = f"784{holder.born.year}" + filled("#######", holder.dice)
    return f"784-{holder.born.year}-{body[7:]}-{luhn(body)}"


def _zehut(holder: Holder) -> str:
    body = filled("0%######", holder.dice)
    return body + luhn(body)


def _melli(holder: Holder) -> str:
    body = filled("%########", holder.dice)
    rest = weighted(body, (10, 9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return body + str(rest if rest < 2 else 11 - rest)


def _snils(holder: Holder) -> str:
    body = filled("1########", holder.dice)
    return f"{body[:3]}-{body[3:6]}-{body[6:]} {weighted(body, '987654321') % 101 % 100:02}"


def _amka(holder: Holder) -> str:
    body = holder.born.strftime("%d%m%y") + filled("####", holder.dice)
    return body + luhn(body)


def _oib(holder: Holder) -> str:
    body, state = filled("##########", holder.dice), 10
    for digit in body:
        state = ((int(digit) + state) % 10 or 10) * 2 % 11
    return body + str((11 - state) % 10)


def _fiscal(holder: Holder) -> str:
    return filled("@@@@@@", holder.dice) + holder.born.strftime("%y") + filled("@%#@###@", holder.dice)


NATIONAL: dict[str, tuple[str, Maker]] = {
    "ssn": ("SSN", _plain("5##-%#-%###", "4## %# %###", "2##%#%###")),
    "nhs": ("HEALTHPLAN", _nhs),
    "chi": ("HEALTHPLAN", _dated("%d%m%y", "####")),
    "sin": ("ID", _sin),
    "ohip": ("HEALTHPLAN", _plain("%###-###-###-@@", "%### ### ### @@")),
    "ramq": ("HEALTHPLAN", _plain("@@@@ 58## ####", "@@@@%#######")),
    "medicare_au": ("HEALTHPLAN", _medicare_au),
    "nhi": ("HEALTHPLAN", _nhi),
    "pps": ("ID", _pps),
    "aadhaar": ("ID", _aadhaar),
    "abha": ("HEALTHPLAN", _plain("%#-####-####-####")),
    "cnic": ("ID", _plain("%####-#######-#", "%############")),
    "nin": ("ID", _plain("%##########")),
    "ghana": ("ID", _plain("GHA-7########-#")),
    "nhif": ("HEALTHPLAN", _plain("%#######", "%########")),
    "philhealth": ("HEALTHPLAN", _plain("%#-#########-#")),
    "bpjs": ("HEALTHPLAN", _plain("000%#########")),
    "bhyt": ("HEALTHPLAN", _plain("DN4%############", "GD%##########")),
    "hoken": ("HEALTHPLAN", _plain("%#######", "%####-###")),
    "ric": ("ID", _ric),
    "hkid": ("ID", _plain("@######(%)", "@%##### (#)")),
    "nric": ("ID", _nric),
    "mykad": ("ID", _dated("%y%m%d", "-1%-####")),
    "rrn": ("ID", _dated("%y%m%d", "-%######")),
    "bsn": ("ID", _bsn),
    "kvnr": ("HEALTHPLAN", _kvnr),
    "svnr": ("HEALTHPLAN", _svnr),
    "ahv": ("HEALTHPLAN", _ahv),
    "nrn": ("ID", _nrn),
    "nir": ("HEALTHPLAN", _nir),
    "fiscal": ("ID", _fiscal),
    "utente": ("HEALTHPLAN", _plain("%########")),
    "cpf": ("ID", _cpf),
    "curp": ("ID", _curp),
    "nss": ("HEALTHPLAN", _plain("%#-##-##-####-#", "%##########")),
    "cedula": ("ID", _plain("1.0##.###.###", "%#.###.###")),
    "rut": ("ID", _rut),
    "pesel": ("ID", _pesel),
    "rodne": ("ID", _rodne),
    "cnp": ("ID", _cnp),
    "dni": ("ID", _dni),
    "amka": ("HEALTHPLAN", _amka),
    "tckn": ("ID", _tckn),
    "snils": ("HEALTHPLAN", _snils),
    "personnummer": ("ID", _personnummer),
    "fnr": ("ID", _fnr),
    "hetu": ("ID", _hetu),
    "cpr": ("ID", _dated("%d%m%y", "-####")),
    "oib": ("ID", _oib),
    "ak": ("ID", _dated("4%y%m%d", "####")),
    "za": ("ID", _za),
    "emirates": ("ID", _emirates),
    "iqama": ("ID", _plain("2#########")),
    "egypt": ("ID", _dated("2%y%m%d", "#######")),
    "zehut": ("ID", _zehut),
    "melli": ("ID", _melli),
    "trn": ("ID", _plain("1##-###-###", "1########")),
    "thai": ("ID", _plain("%-####-#####-##-#")),
}  # fmt: skip
