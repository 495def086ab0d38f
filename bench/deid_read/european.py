"""National numbers of Europe with their check digits; see `national.py`."""

from bench.deid_read.checks import Holder, filled, luhn, mod11, until, weighted


def nhs(holder: Holder) -> str:
    """England and Wales, three groups, modulus 11."""
    body = until(lambda: filled("%########", holder.dice), lambda it: mod11(it, (10, 9, 8, 7, 6, 5, 4, 3, 2)))
    return holder.dice.choice(
        (f"{body[:3]} {body[3:6]} {body[6:]}", body, f"{body[:3]}-{body[3:6]}-{body[6:]}")
    )


def pps(holder: Holder) -> str:
    """Ireland, a check letter."""
    body = filled("#######", holder.dice)
    return (
        body
        + "WABCDEFGHIJKLMNOPQRSTUV"[weighted(body, (8, 7, 6, 5, 4, 3, 2)) % 23]
        + holder.dice.choice(("", "A"))
    )


def bsn(holder: Holder) -> str:
    """The Netherlands, the eleven test."""
    return until(
        lambda: filled("%#######", holder.dice),
        lambda it: None if (rest := weighted(it, (9, 8, 7, 6, 5, 4, 3, 2)) % 11) == 10 else str(rest),
    )


def fnr(holder: Holder) -> str:
    """Norway, birth date and two check digits."""
    day = holder.born.strftime("%d%m%y")
    body = until(lambda: day + filled("###", holder.dice), lambda it: mod11(it, "376189452"))
    second = mod11(body, "5432765432")
    return fnr(holder) if second is None else f"{day} {body[6:]}{second}"


def hetu(holder: Holder) -> str:
    """Finland, birth date and a check sign."""
    day, tail = holder.born.strftime("%d%m%y"), f"{holder.dice.randint(2, 899):03}"
    century = "A" if holder.born.year > 1999 else "-"
    return f"{day}{century}{tail}{'0123456789ABCDEFHJKLMNPRSTUVWXY'[int(day + tail) % 31]}"


def personnummer(holder: Holder) -> str:
    """Sweden, birth date and Luhn."""
    body = holder.born.strftime("%y%m%d") + filled("###", holder.dice)
    whole = body[:6] + "-" + body[6:] + luhn(body)
    return (str(holder.born.year // 100) if holder.dice.random() < 0.5 else "") + whole


def pesel(holder: Holder) -> str:
    """Poland, birth date first."""
    month = holder.born.month + (20 if holder.born.year > 1999 else 0)
    body = f"{holder.born:%y}{month:02}{holder.born:%d}" + filled("####", holder.dice)
    return body + str(-weighted(body, "1379137913") % 10)


def rodne(holder: Holder) -> str:
    """Czechia, a multiple of eleven."""
    head = f"{holder.born:%y}{holder.born.month + (50 if holder.is_female else 0):02}{holder.born:%d}"
    tail = filled("###", holder.dice)
    rest = int(head + tail) % 11
    return f"{head}/{tail}{rest % 10}"


def cnp(holder: Holder) -> str:
    """Romania, sex and birth date first."""
    first = (1 if holder.born.year < 2000 else 5) + holder.is_female
    body = f"{first}{holder.born:%y%m%d}{holder.dice.randint(1, 40):02}" + filled("###", holder.dice)
    rest = weighted(body, "279146358279") % 11
    return body + ("1" if rest == 10 else str(rest))


def dni(holder: Holder) -> str:
    """Spain, a check letter."""
    body = filled("%#######", holder.dice)
    return body + holder.dice.choice(("", "-")) + "TRWAGMYFPDXBNJZSQVHLCKE"[int(body) % 23]


def nir(holder: Holder) -> str:
    """France, sex, birth month, place, key of 97."""
    place = f"{holder.dice.randint(1, 95):02}{holder.dice.randint(1, 500):03}{holder.dice.randint(1, 500):03}"
    body = f"{2 if holder.is_female else 1}{holder.born:%y%m}{place}"
    key = 97 - int(body) % 97
    return f"{body[0]} {body[1:3]} {body[3:5]} {body[5:7]} {body[7:10]} {body[10:]} {key:02}"


def kvnr(holder: Holder) -> str:
    """German health insurance, a letter first."""
    letter, body = holder.dice.choice("ABCDEFGHKLMNPRSTVWXYZ"), filled("########", holder.dice)
    digits = f"{ord(letter) - 64:02}{body}"
    total = sum(sum(divmod(int(digit) * (1 + place % 2), 10)) for place, digit in enumerate(digits))
    return f"{letter}{body}{total % 10}"


def svnr(holder: Holder) -> str:
    """Austria, serial and birth date."""
    while True:
        serial, day = filled("%##", holder.dice), holder.born.strftime("%d%m%y")
        rest = (weighted(serial, "379") + weighted(day, "584216")) % 11
        if rest < 10:
            return f"{serial}{rest} {day}"


def ahv(holder: Holder) -> str:
    """Switzerland, EAN-13."""
    body = "756" + filled("#########", holder.dice)
    last = -weighted(body, "131313131313") % 10
    return f"756.{body[3:7]}.{body[7:11]}.{body[11:]}{last}"


def nrn(holder: Holder) -> str:
    """Belgium, birth date and a key of 97."""
    serial = f"{holder.dice.randrange(2 if holder.is_female else 1, 997, 2):03}"
    whole = int(("2" if holder.born.year > 1999 else "") + holder.born.strftime("%y%m%d") + serial)
    return f"{holder.born:%y.%m.%d}-{serial}.{97 - whole % 97:02}"


def snils(holder: Holder) -> str:
    """Russian insurance, a key of 101."""
    body = filled("1########", holder.dice)
    return f"{body[:3]}-{body[3:6]}-{body[6:]} {weighted(body, '987654321') % 101 % 100:02}"


def amka(holder: Holder) -> str:
    """Greece, birth date and Luhn."""
    body = holder.born.strftime("%d%m%y") + filled("####", holder.dice)
    return body + luhn(body)


def oib(holder: Holder) -> str:
    """Croatia, modulus 11,10."""
    body, state = filled("##########", holder.dice), 10
    for digit in body:
        state = ((int(digit) + state) % 10 or 10) * 2 % 11
    return body + str((11 - state) % 10)


def fiscal(holder: Holder) -> str:
    """Italy, letters of the name and the birth year."""
    return filled("@@@@@@", holder.dice) + holder.born.strftime("%y") + filled("@%#@###@", holder.dice)
