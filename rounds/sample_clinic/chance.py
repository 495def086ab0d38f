"""Chance in the sample clinic: drawn from a name, so that the same seed is the same world."""

from random import Random


def chance(*name: object) -> Random:
    """A stream of draws of its own for that name, the same on every machine."""
    return Random("/".join(str(part) for part in name))  # noqa: S311 - a made-up world, no secret
