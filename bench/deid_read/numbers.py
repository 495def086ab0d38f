"""Numbers of devices, papers and offices, with their labels."""

import random
from collections.abc import Callable

from bench.deid_read.checks import dea, filled, iban, imei, mbi, npi, vin


def _of(label: str, *patterns: str) -> tuple[str, Callable[[random.Random], str]]:
    return label, lambda dice: filled(dice.choice(patterns), dice)


def _ipv6(dice: random.Random) -> str:
    middle = ":".join(f"{dice.randint(1, 65535):x}" for _ in range(3))
    return f"2001:db8:{middle}::{dice.randint(1, 255):x}"


def _udi(dice: random.Random) -> str:
    return filled("(17)2%0%31(10)@##@%(21)%#####", dice)


NUMBERS: dict[str, tuple[str, Callable[[random.Random], str]]] = {
    "account": _of("ACCOUNT", "%#######", "%###-###-#", "HAR%######", "V%#########", "%######/%#"),
    "claim": _of("ACCOUNT", "CLM-%#####", "%##-%#-####", "WC/%###/2#", "%########@"),
    "plan": _of("HEALTHPLAN", "@@@%########", "%#########", "%###-%###-##", "@%#######",
    "%##-%#-##", "%###### %#"),
    "license": _of("LICENSE", "@%#######", "%##-##-####", "@###-####-####", "DL%#######", "@@%######"),
    "regno": _of("LICENSE", "%######", "MD%####", "%#####", "MCI-%####", "RN%######"),
    "badge": _of("LICENSE", "%###", "%####", "%#@", "#%##"),
    "npi": ("LICENSE", npi),
    "dea": ("LICENSE", dea),
    "mbi": ("HEALTHPLAN", mbi),
    "vin": ("VEHICLE", vin),
    "serial": _of("DEVICE", "@@@%#####", "%#######", "SN-%##-####", "@%#####@", "2#@%####", "PM%###-####"),
    "imei": ("DEVICE", imei),
    "mac": ("DEVICE", lambda dice: dice.choice(":-").join(f"{dice.randint(0, 255):02x}" for _ in range(6))),
    "udi": ("DEVICE", _udi),
    "lot": _of("ID", "@%####", "%####@@", "LOT%####", "@@%##@", "%@%###"),
    "url": _of("URL", "https://results.example.org/v/%#####", "www.myhealth.example/%###?u=%####",
    "http://pacs.example.net/study/%####.%##"),
    "ip": _of("IP", "10.%#.%.1%#", "192.168.%.2%", "172.2%.%#.%#", "203.0.113.%#"),
    "ipv6": ("IP", _ipv6),
    "accession": _of("ID", "%#######", "@%#-%#####", "RAD-2%-%####", "%##-2%-%####", "CR%#######"),
    "specimen": _of("ID", "S2%-%####", "%#S%#####", "PB:%####/2%", "H2%.%###.@", "NG-2%-0####"),
    "subject": _of("ID", "%##-###", "0%-0##", "@@@-%##-%", "SUBJ%###", "%###-@@@"),
    "encounter": _of("ID", "E%########", "%########", "VN-%######", "ENC%######"),
    "case": _of("ID", "2#-%#####", "CAD%#####", "%#######", "PCR-%####-%##", "INC%######", "@%####/2#"),
    "passport": _of("ID", "@%#######", "%########", "@@%######"),
    "inmate": _of("ID", "@%####@@", "%######", "A-%#####", "K%####"),
    "donor": _of("ID", "@@@@%##", "D%#-%###", "@@@%###"),
    "band": _of("ID", "%#####", "WB-%####", "%##-%##"),
    "handle": ("ID", lambda dice: "@" + filled(dice.choice(("night_nurse%#", "its.mika%##", "k%bakes",
    "zed_%##", "real.otter%")), dice)),
    "photo": _of("ID", "IMG_%####.jpg", "heel-%##-wk%.png", "scan_%#####.dcm", "VID-2%0%#%-WA%##.mp4"),
    "iban": ("ACCOUNT", lambda dice: iban(dice.choice(("DE", "FR", "NL", "PL",
    "GB")), filled("%###############", dice))),
    "pager": _of("PHONE", "%###", "%####", "x%###", "#%#-%###"),
    "ext": _of("PHONE", "%###", "%####", "%#-%##"),
    "gps": _of("ADDRESS", "5%.%###, -1.%###", "-33.%###, 18.%###", "%#.%##N %#.%##E"),
}  # fmt: skip
