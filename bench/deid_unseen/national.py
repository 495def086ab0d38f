"""Numbers that a country gives its people, in its own form and with its own check digits."""

import random
from collections.abc import Callable
from datetime import date

from bench.deid_unseen.checks import filled, luhn, mod11, until, verhoeff, weighted

Maker = Callable[[random.Random, date, bool], str]


def _plain(*patterns: str) -> Maker:
    return lambda dice, born, female: filled(dice.choice(patterns), dice)


def _dated(form: str, tail: str) -> Maker:
    return lambda dice, born, female: born.strftime(form) + filled(tail, dice)


def _nhs(dice: random.Random, born: date, female: bool) -> str:
    body = until(lambda: filled("%########", dice), lambda it: mod11(it, (10, 9, 8, 7, 6, 5, 4, 3, 2)))
    return dice.choice((f"{body[:3]} {body[3:6]} {body[6:]}", body, f"{body[:3]}-{body[3:6]}-{body[6:]}"))


def _sin(dice: random.Random, born: date, female: bool) -> str:
    body = filled("%#######", dice)
    body += luhn(body)
    return f"{body[:3]} {body[3:6]} {body[6:]}"


def _medicare_au(dice: random.Random, born: date, female: bool) -> str:
    body = str(dice.randint(2, 6)) + filled("#######", dice)
    body += str(weighted(body, "13791379") % 10)
    return f"{body[:4]} {body[4:]} {dice.randint(1, 5)}"


def _nhi(dice: random.Random, born: date, female: bool) -> str:
    signs = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    while True:
        head, tail = "".join(dice.choice(signs) for _ in range(3)), filled("###", dice)
        values = [signs.index(sign) + 1 for sign in head] + [int(digit) for digit in tail]
        rest = sum(value * weight for value, weight in zip(values, (7, 6, 5, 4, 3, 2), strict=True)) % 11
        if rest:
            return f"{head}{tail}{(11 - rest) % 10}"


def _pps(dice: random.Random, born: date, female: bool) -> str:
    body = filled("#######", dice)
    return (
        body + "WABCDEFGHIJKLMNOPQRSTUV"[weighted(body, (8, 7, 6, 5, 4, 3, 2)) % 23] + dice.choice(("", "A"))
    )


def _aadhaar(dice: random.Random, born: date, female: bool) -> str:
    body = str(dice.randint(2, 9)) + filled("##########", dice)
    body += verhoeff(body)
    return f"{body[:4]} {body[4:8]} {body[8:]}"


def _bsn(dice: random.Random, born: date, female: bool) -> str:
    return until(
        lambda: filled("%#######", dice),
        lambda it: None if (rest := weighted(it, (9, 8, 7, 6, 5, 4, 3, 2)) % 11) == 10 else str(rest),
    )


def _fnr(dice: random.Random, born: date, female: bool) -> str:
    day = born.strftime("%d%m%y")
    body = until(lambda: day + filled("###", dice), lambda it: mod11(it, "376189452"))
    second = mod11(body, "5432765432")
    return _fnr(dice, born, female) if second is None else f"{day} {body[6:]}{second}"


def _hetu(dice: random.Random, born: date, female: bool) -> str:
    day, tail = born.strftime("%d%m%y"), f"{dice.randint(2, 899):03}"
    return f"{day}{'A' if born.year > 1999 else '-'}{tail}{'0123456789ABCDEFHJKLMNPRSTUVWXY'[int(day + tail) % 31]}"


def _personnummer(dice: random.Random, born: date, female: bool) -> str:
    body = born.strftime("%y%m%d") + filled("###", dice)
    whole = body[:6] + "-" + body[6:] + luhn(body)
    return (str(born.year // 100) if dice.random() < 0.5 else "") + whole


def _pesel(dice: random.Random, born: date, female: bool) -> str:
    month = born.month + (20 if born.year > 1999 else 0)
    body = f"{born:%y}{month:02}{born:%d}" + filled("####", dice)
    return body + str(-weighted(body, "1379137913") % 10)


def _rodne(dice: random.Random, born: date, female: bool) -> str:
    head = f"{born:%y}{born.month + (50 if female else 0):02}{born:%d}"
    tail = filled("###", dice)
    rest = int(head + tail) % 11
    return f"{head}/{tail}{rest % 10}"


def _cnp(dice: random.Random, born: date, female: bool) -> str:
    first = (1 if born.year < 2000 else 5) + female
    body = f"{first}{born:%y%m%d}{dice.randint(1, 40):02}" + filled("###", dice)
    rest = weighted(body, "279146358279") % 11
    return body + ("1" if rest == 10 else str(rest))


def _dni(dice: random.Random, born: date, female: bool) -> str:
    body = filled("%#######", dice)
    return body + dice.choice(("", "-")) + "TRWAGMYFPDXBNJZSQVHLCKE"[int(body) % 23]


def _nir(dice: random.Random, born: date, female: bool) -> str:
    body = f"{2 if female else 1}{born:%y%m}{dice.randint(1, 95):02}{dice.randint(1, 500):03}{dice.randint(1, 500):03}"
    key = 97 - int(body) % 97
    return f"{body[0]} {body[1:3]} {body[3:5]} {body[5:7]} {body[7:10]} {body[10:]} {key:02}"


def _kvnr(dice: random.Random, born: date, female: bool) -> str:
    letter, body = dice.choice("ABCDEFGHKLMNPRSTVWXYZ"), filled("########", dice)
    digits = f"{ord(letter) - 64:02}{body}"
    total = sum(sum(divmod(int(digit) * (1 + place % 2), 10)) for place, digit in enumerate(digits))
    return f"{letter}{body}{total % 10}"


def _svnr(dice: random.Random, born: date, female: bool) -> str:
    while True:
        serial, day = filled("%##", dice), born.strftime("%d%m%y")
        rest = (weighted(serial, "379") + weighted(day, "584216")) % 11
        if rest < 10:
            return f"{serial}{rest} {day}"


def _ahv(dice: random.Random, born: date, female: bool) -> str:
    body = "756" + filled("#########", dice)
    last = -weighted(body, "131313131313") % 10
    return f"756.{body[3:7]}.{body[7:11]}.{body[11:]}{last}"


def _nrn(dice: random.Random, born: date, female: bool) -> str:
    serial = f"{dice.randrange(2 if female else 1, 997, 2):03}"
    whole = int(("2" if born.year > 1999 else "") + born.strftime("%y%m%d") + serial)
    return f"{born:%y.%m.%d}-{serial}.{97 - whole % 97:02}"


def _cpf(dice: random.Random, born: date, female: bool) -> str:
    body = filled("#########", dice)
    for top in (10, 11):
        rest = 11 - weighted(body, tuple(range(top, 1, -1))) % 11
        body += "0" if rest > 9 else str(rest)
    return f"{body[:3]}.{body[3:6]}.{body[6:9]}-{body[9:]}"


def _rut(dice: random.Random, born: date, female: bool) -> str:
    body = str(dice.randint(5_000_000, 24_999_999))
    rest = 11 - sum(int(digit) * (2 + place % 6) for place, digit in enumerate(reversed(body))) % 11
    return f"{int(body):,}".replace(",", ".") + "-" + {11: "0", 10: "K"}.get(rest, str(rest))


def _curp(dice: random.Random, born: date, female: bool) -> str:
    body = filled("@", dice) + dice.choice("AEIOU") + filled("@@", dice) + born.strftime("%y%m%d")
    body += (
        ("M" if female else "H")
        + dice.choice(("DF", "JC", "NL", "VZ"))
        + filled("@@@", dice)
        + filled("#", dice)
    )
    values = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
    return body + str(-sum(values.index(sign) * (18 - place) for place, sign in enumerate(body)) % 10)


def _tckn(dice: random.Random, born: date, female: bool) -> str:
    body = filled("%########", dice)
    odd, even = sum(map(int, body[::2])), sum(map(int, body[1::2]))
    tenth = (odd * 7 - even) % 10
    return f"{body}{tenth}{(odd + even + tenth) % 10}"


def _ric(dice: random.Random, born: date, female: bool) -> str:
    body = filled("4%01##", dice) + born.strftime("%Y%m%d") + filled("###", dice)
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[weighted(body, weights) % 11]


def _nric(dice: random.Random, born: date, female: bool) -> str:
    body = filled("#######", dice)
    return ("S" if born.year < 2000 else "T") + body + _nric_letter(body, born.year > 1999)


def _nric_letter(body: str, is_late: bool) -> str:
    return "JZIHGFEDCBA"[(weighted(body, "2765432") + 4 * is_late) % 11]


def _za(dice: random.Random, born: date, female: bool) -> str:
    body = born.strftime("%y%m%d") + str(dice.randint(0, 4) + 5 * (not female)) + filled("###08", dice)
    return body + luhn(body)


def _emirates(dice: random.Random, born: date, female: bool) -> str:
    body = f"784{born.year}" + filled("#######", dice)
    return f"784-{born.year}-{body[7:]}-{luhn(body)}"


def _zehut(dice: random.Random, born: date, female: bool) -> str:
    body = filled("0%######", dice)
    return body + luhn(body)


def _melli(dice: random.Random, born: date, female: bool) -> str:
    body = filled("%########", dice)
    rest = weighted(body, (10, 9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return body + str(rest if rest < 2 else 11 - rest)


def _snils(dice: random.Random, born: date, female: bool) -> str:
    body = filled("1########", dice)
    return f"{body[:3]}-{body[3:6]}-{body[6:]} {weighted(body, '987654321') % 101 % 100:02}"


def _amka(dice: random.Random, born: date, female: bool) -> str:
    body = born.strftime("%d%m%y") + filled("####", dice)
    return body + luhn(body)


def _oib(dice: random.Random, born: date, female: bool) -> str:
    body, state = filled("##########", dice), 10
    for digit in body:
        state = ((int(digit) + state) % 10 or 10) * 2 % 11
    return body + str((11 - state) % 10)


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
    "nhif": ("HEALTHPLAN", _plain("NHIF %#######", "NHIF/%######")),
    "philhealth": ("HEALTHPLAN", _plain("%#-#########-#")),
    "bpjs": ("HEALTHPLAN", _plain("000%#########")),
    "bhyt": ("HEALTHPLAN", _plain("DN4%############", "GD%##########")),
    "hoken": ("HEALTHPLAN", _plain("記号 %### 番号 ###", "%#######")),
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
    "fiscal": ("ID", lambda dice, born, female: filled("@@@@@@", dice) + born.strftime("%y") + filled("@%#@###@", dice)),
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
