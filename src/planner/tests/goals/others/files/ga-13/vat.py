RATES = {"normal": 8.1, "reduced": 2.6}


def gross(net, kind="normal"):
    """The price with VAT."""
    return round(net * (1 + RATES[kind] / 100), 2)
