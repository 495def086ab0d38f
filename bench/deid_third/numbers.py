"""Numbers that tell who somebody is, in the forms of their countries, with valid check digits."""

import random
from collections.abc import Callable

from bench.deid_read.checks import Holder, dea, filled, iban, imei, mbi, npi, vin
from bench.deid_read.national import NATIONAL

Numbered = tuple[str, str]  # words, label
_SPOKEN = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_PATTERNS = {
    "mrn": ("MRN", "%######|%##-##-##|@@%#####|00%#####|%#.%##.###|%#######-#|@%######"),
    "othermrn": ("MRN", "%######|%##-##-##|@@%#####|00%#####|%#######-#"),
    "acct": ("ACCOUNT", "%########|%###-####|@@%#########|HSP%######|%##-%#####-##|V%########"),
    "claim": ("ACCOUNT", "CLM-%######|%#-%####-@|WC%#######|%####/%#/@@|A%#@%######"),
    "invoice": ("ACCOUNT", "INV-%####|%####-%##|R%#######|#%#####"),
    "group": ("HEALTHPLAN", "%#####-%##|@@@-%###|0%####"),
    "badge": ("LICENSE", "%###|%####|@-%###"),
    "medlic": ("LICENSE", "MD%#####|@%#####|%#######|ME%####"),
    "serial": ("DEVICE", "@@@%#####H|%########|@%#-%#####|SN%###@@%##|%###-%####-##|@@%######@"),
    "udi": ("DEVICE", "(01)00%###########(17)2%0%31(10)@%####|(01)0%############(21)@@%#####"),
    "lot": ("ID", "@@%####|%#@##|@%###-@|%######@"),
    "accession": ("ID", "@@-%####-##|S2%-%####|%#@@-#####|CT%########|%##-%#-%####"),
    "case": ("ID", "%#-%######|CR-2%-%####|@@/%###/%#|K%#######|%#####-@"),
    "order": ("ID", "%#########|ORD%######|REQ-%####@|%##%##.%#"),
    "passport": ("ID", "@%#######|%########|@@%######|@@@%#####"),
    "bracelet": ("ID", "%###@|%#-%##-@|B%#####"),
    "study": ("ID", "@@@-%#-###|%##-%##|PT%###-@@"),
    "bio": ("BIOMETRIC", "FP-%#####-@|IRIS/%####/##|voice_%####.wav|fprint#%#######|RET%##-@@-%##"),
    "file": ("ID", "IMG_%###.JPG|scan%####_p%.pdf|%########.dcm|consent_%###.tif"),
}  # fmt: skip


def number(name: str, country: str, holder: Holder) -> Numbered | None:
    """A number by the name of its slot; None where the slot is none of ours."""
    dice = holder.dice
    if name in _PATTERNS:
        label, patterns = _PATTERNS[name]
        return filled(dice.choice(patterns.split("|")), dice), label
    made: dict[str, tuple[str, Callable[[], str]]] = {
        "npi": ("LICENSE", lambda: npi(dice)),
        "dea": ("LICENSE", lambda: dea(dice)),
        "vin": ("VEHICLE", lambda: vin(dice)),
        "imei": ("DEVICE", lambda: imei(dice)),
        "mbi": ("HEALTHPLAN", lambda: mbi(dice)),
        "iban": ("ACCOUNT", lambda: _iban(country, dice)),
        "mac": ("DEVICE", lambda: ":".join(f"{dice.randint(0, 255):02x}" for _ in range(6))),
        "ip": ("IP", lambda: _address_of_machine(dice)),
        "ssn4": ("SSN", lambda: filled("####", dice)),
        "rvnr": ("SSN", lambda: pension(holder)),
        "taxid": ("ID", lambda: german_tax(dice)),
        "nif": ("ID", lambda: portuguese_tax(dice)),
    }
    if name in made:
        return made[name][1](), made[name][0]
    if name in NATIONAL:
        label, make = NATIONAL[name]
        return _regrouped(make(holder), name, dice), "SSN" if name in ("nir", "svnr", "ssn") else label
    return None


def spoken(digits: str) -> str:
    """The digits as somebody says them."""
    return " ".join(_SPOKEN[int(sign)] for sign in digits if sign.isdigit())


def pension(holder: Holder) -> str:
    """A German pension number."""
    dice = holder.dice
    area, letter = dice.choice(("12", "13", "50", "65")), dice.choice("ABDEFGHKLMNPRSTWZ")
    parts = [area, f"{holder.born:%d%m%y}", letter, f"{dice.randint(0, 99):02}"]
    parts[3] += pension_digit("".join(parts))
    return dice.choice((" ", "")).join(parts)


def pension_digit(body: str) -> str:
    """The last digit of a German pension number; source: VKVV, section 2."""
    digits = "".join(f"{ord(sign) - 64:02}" if sign.isalpha() else sign for sign in body)
    weights = (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)
    products = (int(digit) * weight for digit, weight in zip(digits, weights, strict=True))
    return str(sum(sum(map(int, str(product))) for product in products) % 10)


def german_tax(dice: random.Random) -> str:
    """A German tax number: of its first ten digits one stands twice."""
    signs = dice.sample("123456789", 9)
    signs.insert(dice.randint(2, 9), signs[0])
    whole = "".join(signs) + german_tax_digit("".join(signs))
    return f"{whole[:2]} {whole[2:5]} {whole[5:8]} {whole[8:]}" if dice.random() < 0.6 else whole


def german_tax_digit(body: str) -> str:
    """The last digit of a German tax number; source: ISO 7064, MOD 11,10."""
    left = 10
    for digit in body:
        left = 2 * ((int(digit) + left) % 10 or 10) % 11
    return str((11 - left) % 10)


def portuguese_tax(dice: random.Random) -> str:
    """A Portuguese tax number."""
    body = filled("2#######", dice)
    whole = body + portuguese_tax_digit(body)
    return f"{whole[:3]} {whole[3:6]} {whole[6:]}" if dice.random() < 0.5 else whole


def portuguese_tax_digit(body: str) -> str:
    """The last digit of a Portuguese tax number: the weighted sum is a multiple of eleven, ten is nought."""
    total = sum(int(digit) * weight for digit, weight in zip(body, range(9, 1, -1), strict=True))
    return str(-total % 11 % 10)


def _iban(country: str, dice: random.Random) -> str:
    pattern = {
        "de": "################", "at": "################", "fr": "#######################",
        "ch": "#################",
        "es": "####################", "it": "X######################", "nl": "RABO##########",
        "pt": "#####################", "uk": "BARC##############", "ie": "AIBK##############",
    }.get(country)  # fmt: skip
    if pattern is None:
        return filled("%########", dice)
    code = {"uk": "GB"}.get(country, country.upper())
    return iban(code, filled(pattern, dice))


def _address_of_machine(dice: random.Random) -> str:
    if dice.random() < 0.2:
        return f"2001:db8:{dice.randint(256, 65535):x}::{dice.randint(16, 4095):x}"
    return ".".join(str(dice.randint(2, 254)) for _ in range(3)) + f".{dice.randint(1, 254)}"


def _regrouped(words: str, name: str, dice: random.Random) -> str:
    """The same number with another habit of parting it, where people have several."""
    bare = "".join(sign for sign in words if sign.isalnum())
    forms = {
        "nhs": (f"{bare[:3]} {bare[3:6]} {bare[6:]}", f"{bare[:3]}-{bare[3:6]}-{bare[6:]}", bare),
        "ssn": (f"{bare[:3]}-{bare[3:5]}-{bare[5:]}", f"{bare[:3]} {bare[3:5]} {bare[5:]}", bare),
        "sin": (f"{bare[:3]} {bare[3:6]} {bare[6:]}", f"{bare[:3]}-{bare[3:6]}-{bare[6:]}"),
        "nir": (words, bare, f"{bare[:13]} {bare[13:]}"),
        "cpf": (words, bare),
        "aadhaar": (words, bare),
        "ahv": (words, bare),
        "rut": (words, words.replace(".", "")),
        "bsn": (bare, f"{bare[:4]}.{bare[4:6]}.{bare[6:]}"),
        "dni": (words, f"{bare[:8]}-{bare[8:]}", f"{bare[:2]}.{bare[2:5]}.{bare[5:8]}-{bare[8:]}"),
    }.get(name, (words,))
    return dice.choice(forms)
