"""Assignment 6: a small text adventure."""
import random

ROOMS = {"hall": ["kitchen", "garden"], "kitchen": ["hall", "cellar"], "garden": ["hall"], "cellar": ["kitchen"]}


def describe(room):
    """Say where the player is."""
    return "You are in the " + room + "."


def can_go(room, target):
    return target in ROOMS.get(room, [])


def parse(line):
    words = line.strip().lower().split()
    if not words:
        return ("nothing", None)
    if len(words) == 1:
        return (words[0], None)
    return (words[0], words[1])


def step(state, line):
    verb, thing = parse(line)
    if verb == "go":
        if can_go(state["room"], thing):
            state["room"] = thing
            if thing == "cellar" and "lamp" not in state["bag"]:
                state["alive"] = False
        elif thing is None:
            print("Where to?")
        else:
            print("There is no way.")
    elif verb == "take":
        if thing and len(state["bag"]) < 4:
            state["bag"].append(thing)
        elif thing:
            print("The bag is full.")
    elif verb == "drop":
        if thing in state["bag"]:
            state["bag"].remove(thing)
    elif verb == "look":
        print(describe(state["room"]))
        for other in ROOMS[state["room"]]:
            print(" - " + other)
    elif verb in ("quit", "exit"):
        state["alive"] = False
    else:
        print("I do not understand.")
    return state


def play(lines):
    state = {"room": "hall", "bag": [], "alive": True}
    for line in lines:
        if not state["alive"]:
            break
        state = step(state, line)
    return state
