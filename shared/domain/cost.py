"""What a training cost: seconds, energy and money, and for each how it is known."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shared.domain.policy import Policy

JOULES_A_KWH = 3.6e6
SECONDS_AN_HOUR = 3600.0
SUMMED = ("seconds", "cpu_seconds", "gpu_seconds", "kwh", "money")


@dataclass(frozen=True)
class Usage:
    """What one attempt used. `gpu_joules` is what the driver measured, None where it measured nothing."""

    seconds: float
    cpu_seconds: float
    gpu_seconds: float = 0.0
    gpu_joules: float | None = None


def priced(usage: Usage, policy: Policy) -> dict[str, object]:
    """The entry of the ledger. Energy of cores is modelled: busy seconds times the policy's watts a core.

    A GPU without a measurement is modelled too, at the policy's watts. Money is None while the policy names
    no price for energy and none for an hour of a GPU.
    """
    modelled = usage.cpu_seconds * policy.watts_a_core
    measured = usage.gpu_joules or 0.0
    if usage.gpu_joules is None:
        modelled += usage.gpu_seconds * policy.watts_a_gpu
    kwh = (modelled + measured) / JOULES_A_KWH
    prices = (policy.price_a_kwh, policy.price_a_gpu_hour)
    money = None
    if prices != (None, None):
        money = kwh * (prices[0] or 0.0) + usage.gpu_seconds / SECONDS_AN_HOUR * (prices[1] or 0.0)
    return {
        "seconds": usage.seconds,
        "cpu_seconds": usage.cpu_seconds,
        "gpu_seconds": usage.gpu_seconds,
        "kwh": kwh,
        "energy": "modelled" if usage.gpu_joules is None else "GPU measured, cores modelled",
        "money": money,
        "currency": policy.currency,
    }


def total(entries: Iterable[Mapping[str, object]]) -> dict[str, object]:
    """Several entries as one; a sum that one of them does not know is the sum of the others.

    `energy` says modelled as soon as one of them was.
    """
    known = [dict(entry) for entry in entries if entry]
    if not known:
        return {}
    whole: dict[str, object] = {}
    for name in SUMMED:
        values = [float(str(entry[name])) for entry in known if entry.get(name) is not None]
        whole[name] = sum(values) if values else None
    ways = {str(entry["energy"]) for entry in known if entry.get("energy")}
    last = known[-1].get("currency")
    return whole | {"energy": min(ways, key=len) if ways else None, "currency": last}


def per_point(cost: Mapping[str, object], points: float | None) -> dict[str, object] | None:
    """What one percentage point of accuracy cost; None where nothing was gained or it is not known."""
    if points is None or points <= 0 or not cost:
        return None
    sums = {name: cost.get(name) for name in SUMMED}
    return {name: None if value is None else float(str(value)) / points for name, value in sums.items()}
