"""Winners of 10,000 random profiles by independent implementations: pref_voting for every rule, votelib for those that it has as well.

    python3 -m venv venv && venv/bin/pip install pref_voting==1.18.2 votelib==0.4.0
    venv/bin/python make.py > winners.txt
    venv/bin/python make.py weighted > weighted.txt

Without a word they are those of `reference.rs`: an odd number of voters with one vote each, so that no duel ties. With `weighted` there are 1 to 16 voters
with one to three votes each, drawn after the voter's grades; of those duels tie, and `reference.rs` does not read them yet. Only
pref_voting is asked there: what votelib makes of duels that tie is not known to be comparable.

A line a rule: its name, and a character a profile, whose place in ALPHABET has a bit for each winner. The profiles come from
their numbers by `numbers`, here and in the test alike.
"""

import sys

import votelib.convert
import votelib.evaluate.condorcet as condorcet
from pref_voting.grade_methods import approval, majority_judgement, score_voting
from pref_voting.grade_profiles import GradeProfile
from pref_voting.profiles import Profile
from pref_voting.voting_methods import beat_path, borda, copeland, instant_runoff, plurality

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+/"
MASK = (1 << 64) - 1


def numbers(seed):
    """SplitMix64."""
    while True:
        seed = (seed + 0x9E3779B97F4A7C15) & MASK
        z = seed
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        yield z ^ (z >> 31)


def profile(number, weighted):
    draw = numbers(number)
    options = 2 + next(draw) % 5
    voters = 1 + next(draw) % 16 if weighted else 1 + 2 * (next(draw) % 8)
    rankings, grades = [], []
    for _ in range(voters):
        order = list(range(options))
        for place in range(options - 1, 0, -1):
            other = next(draw) % (place + 1)
            order[place], order[other] = order[other], order[place]
        row = [next(draw) % 6 for _ in range(options)]
        # A voter of several votes is as many voters who agree.
        votes = 1 + next(draw) % 3 if weighted else 1
        rankings.extend([order] * votes)
        grades.extend([row] * votes)
    return options, rankings, grades


def by_votelib(rankings):
    votes = {}
    for order in rankings:
        votes[tuple(order)] = votes.get(tuple(order), 0) + 1
    duels = votelib.convert.RankedToCondorcetVotes().convert(votes)
    return duels


def main():
    weighted = sys.argv[1:] == ["weighted"]
    lines = {name: [] for name in ("plurality", "borda", "instant_runoff", "copeland", "schulze", "score", "median", "approval")}
    disagree = 0
    for number in range(10_000):
        options, rankings, grades = profile(number, weighted)
        ranked = Profile(rankings)
        graded = GradeProfile([{option: grade for option, grade in enumerate(row)} for row in grades], list(range(6)), candidates=list(range(options)))
        approving = GradeProfile(
            [{option: int(grade >= 3) for option, grade in enumerate(row)} for row in grades], [0, 1], candidates=list(range(options))
        )
        winners = {
            "plurality": plurality(ranked),
            "borda": borda(ranked),
            "instant_runoff": instant_runoff(ranked),
            "copeland": copeland(ranked),
            "schulze": beat_path(ranked),
            "score": score_voting(graded),
            "median": majority_judgement(graded),
            "approval": approval(approving),
        }
        duels = by_votelib(rankings)
        for name, rule in () if weighted else (("copeland", condorcet.Copeland()), ("schulze", condorcet.Schulze())):
            found = rule.evaluate(duels, 1)
            # votelib names one winner of those that tie, or none: it must be one of ours, and ours if there is only one.
            other = set(found[0]) if found and not isinstance(found[0], int) else set(found)
            alone = len(winners[name]) == 1
            if other != set(winners[name]) if alone else not other <= set(winners[name]):
                disagree += 1
                print(number, name, other, winners[name], file=sys.stderr)
        for name, options_first in winners.items():
            lines[name].append(ALPHABET[sum(1 << option for option in options_first)])
    print(f"{disagree} times votelib says something else", file=sys.stderr)
    for name, marks in lines.items():
        print(name, "".join(marks))


main()
