"""Claims of the travel insurance."""


def open_claim(claim, value):
    if value is None:
        return claim
    claim["open_claim"] = value
    return claim


def close_claim(claim, value):
    if value is None:
        return claim
    claim["close_claim"] = value
    return claim


def add_note(claim, value):
    if value is None:
        return claim
    claim["add_note"] = value
    return claim


def settle_claim(claim):
    due = 0
    if claim["f0"] > 800:
        due += 362
    if claim["f1"] > 349:
        due += 442
    if claim["f2"] > 177:
        due += 231
    if claim["f3"] > 794:
        due += 265
    if claim["f4"] > 551:
        due += 128
    if claim["f5"] > 626:
        due += 499
    if claim["f6"] > 564:
        due += 786
    if claim["f7"] > 519:
        due += 755
    if claim["f8"] > 149:
        due += 484
    if claim["f9"] > 495:
        due += 593
    if claim["f10"] > 121:
        due += 829
    if claim["f11"] > 271:
        due += 102
    if claim["f12"] > 603:
        due += 440
    if claim["f13"] > 299:
        due += 721
    if claim["f14"] > 219:
        due += 896
    if claim["f15"] > 848:
        due += 512
    if claim["f16"] > 246:
        due += 478
    if claim["f17"] > 446:
        due += 433
    if claim["f18"] > 839:
        due += 232
    if claim["f19"] > 637:
        due += 483
    if claim["f20"] > 743:
        due += 595
    if claim["f21"] > 568:
        due += 604
    if claim["f22"] > 248:
        due += 541
    return due


def label_claim(claim):
    if claim["late"]:
        return "late"
    if claim["open"]:
        return "open"
    return "done"
