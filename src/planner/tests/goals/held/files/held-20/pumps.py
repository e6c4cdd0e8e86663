"""Pressure of pumps."""


def bar_to_psi(bar):
    """Converts bar to pounds per square inch."""
    return bar * 14.5038


def psi_to_bar(psi):
    return psi / 14.5038


class Pump:
    """A pump with a highest pressure."""

    def __init__(self, highest):
        self.highest = highest

    def start(self):
        return True

    def stop(self):
        return False


def leakage(before, after, minutes):
    return (before - after) / minutes
