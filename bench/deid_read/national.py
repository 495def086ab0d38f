"""Numbers that a country gives its people, in its own form and with its own check digits."""

from collections.abc import Callable

from bench.deid_read import european
from bench.deid_read.checks import Holder, filled, luhn, verhoeff, weighted

Maker = Callable[[Holder], str]


def _plain(*patterns: str) -> Maker:
    return lambda holder: filled(holder.dice.choice(patterns), holder.dice)


def _dated(form: str, tail: str) -> Maker:
    return lambda holder: holder.born.strftime(form) + filled(tail, holder.dice)


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


def _aadhaar(holder: Holder) -> str:
    body = str(holder.dice.randint(2, 9)) + filled("##########", holder.dice)
    body += verhoeff(body)
    return f"{body[:4]} {body[4:8]} {body[8:]}"


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


NATIONAL: dict[str, tuple[str, Maker]] = {
    "ssn": ("SSN", _plain("5##-%#-%###", "4## %# %###", "2##%#%###")),
    "nhs": ("HEALTHPLAN", european.nhs),
    "chi": ("HEALTHPLAN", _dated("%d%m%y", "####")),
    "sin": ("ID", _sin),
    "ohip": ("HEALTHPLAN", _plain("%###-###-###-@@", "%### ### ### @@")),
    "ramq": ("HEALTHPLAN", _plain("@@@@ 58## ####", "@@@@%#######")),
    "medicare_au": ("HEALTHPLAN", _medicare_au),
    "nhi": ("HEALTHPLAN", _nhi),
    "pps": ("ID", european.pps),
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
    "bsn": ("ID", european.bsn),
    "kvnr": ("HEALTHPLAN", european.kvnr),
    "svnr": ("HEALTHPLAN", european.svnr),
    "ahv": ("HEALTHPLAN", european.ahv),
    "nrn": ("ID", european.nrn),
    "nir": ("HEALTHPLAN", european.nir),
    "fiscal": ("ID", european.fiscal),
    "utente": ("HEALTHPLAN", _plain("%########")),
    "cpf": ("ID", _cpf),
    "curp": ("ID", _curp),
    "nss": ("HEALTHPLAN", _plain("%#-##-##-####-#", "%##########")),
    "cedula": ("ID", _plain("1.0##.###.###", "%#.###.###")),
    "rut": ("ID", _rut),
    "pesel": ("ID", european.pesel),
    "rodne": ("ID", european.rodne),
    "cnp": ("ID", european.cnp),
    "dni": ("ID", european.dni),
    "amka": ("HEALTHPLAN", european.amka),
    "tckn": ("ID", _tckn),
    "snils": ("HEALTHPLAN", european.snils),
    "personnummer": ("ID", european.personnummer),
    "fnr": ("ID", european.fnr),
    "hetu": ("ID", european.hetu),
    "cpr": ("ID", _dated("%d%m%y", "-####")),
    "oib": ("ID", european.oib),
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
