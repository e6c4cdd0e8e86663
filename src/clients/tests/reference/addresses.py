"""Writes addresses.tsv: what Python's ipaddress says of addresses at the edges of special blocks, and of random ones."""

import ipaddress
import random

V4 = [str(n) for n in ipaddress.IPv4Address._constants._private_networks] + ["100.64.0.0/10", "224.0.0.0/4", "192.88.99.0/24"]
V6 = [str(n) for n in ipaddress.IPv6Address._constants._private_networks] + ["fe80::/10", "ff00::/8"]


def edges(networks, kind, bits):
    found = set()
    for network in map(ipaddress.ip_network, networks):
        first, last = int(network.network_address), int(network.broadcast_address)
        found.update(kind(a) for a in (first, last, first - 1, last + 1) if 0 <= a < 2**bits)
    return found


draw = random.Random(26)
four = edges(V4, ipaddress.IPv4Address, 32) | {ipaddress.IPv4Address(draw.getrandbits(32)) for _ in range(300)}
six = edges(V6, ipaddress.IPv6Address, 128) | {ipaddress.IPv6Address((2 << 124) | draw.getrandbits(125)) for _ in range(300)}
with open("addresses.tsv", "w") as file:
    for address in sorted(four, key=int) + sorted(six, key=int):
        file.write(f"{address}\t{str(address.is_global and not address.is_multicast).lower()}\n")
