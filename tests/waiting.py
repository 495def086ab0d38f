"""Waiting for what other processes do, never for a time."""

import time


def until(condition, seconds=30.0):
    """Ask again until the answer is true, and return it; fails when it never comes."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError("it never came true")
