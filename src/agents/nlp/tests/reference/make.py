"""Makes sentiment.json: what the reference implementation of VADER says of its documented examples and of more texts.

Run from the root of the repository with vaderSentiment 3.3.2 installed:
    python3 src/agents/nlp/tests/reference/make.py
"""
import ast
import inspect
import json
import random
import re
from pathlib import Path

from vaderSentiment import vaderSentiment

analyzer = vaderSentiment.SentimentIntensityAnalyzer()


def documented():
    """The sentences of the lists `sentences` and `tricky_sentences` in the module's own demonstration."""
    tree = ast.parse(inspect.getsource(vaderSentiment))
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in ("sentences", "tricky_sentences"):
            yield from ast.literal_eval(node.value)
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "paragraph":
            yield ast.literal_eval(node.value)


def more():
    """Sentences that exercise the rules, and every line of the example texts in English."""
    yield from [
        "", "   ", "no", "No problem at all.", "There is no love or joy in it.", "I love it", "I LOVE it", "I love it!", "I love it!!!!!!",
        "really??", "really???? good", "It is kind of bad", "It is sort of a nice idea", "It was the bomb", "That movie is to die for!",
        "bus stop", "Yeah right, great service", "It was never so good", "This was never this bad", "without doubt a great day",
        "least happy person", "at least he is happy", "very least happy", "the least good choice", "NOT good", "isn't GREAT", "Not bad, but awful",
        "The food was good but the service was terrible", "GOOD but BAD", ":) :( :D", "lol :-P", "<3", "I <3 this", "😀 nice", "bad😡", "💔",
        "He is extremely, EXTREMELY rude.", "barely acceptable", "hardly a success", "a beating heart", "(great)", "great-ish", "wow...", "\"wonderful\"",
        "nothing wonderful happened", "They don't hate it", "can't complain", "I dont like it", "seldom a good sign",
    ]
    for name in ("reviews-en.txt", "gettysburg-address.txt"):
        for line in (Path("examples/texts") / name).read_text(encoding="utf-8").splitlines():
            yield line


def random_sentences():
    """400 sentences of words of the lexicon, common words, and what the rules look at, put together by chance."""
    chance = random.Random(19)
    lexicon = sorted(word for word in analyzer.lexicon if word.isalpha())
    plain = "the a it was is this that food room staff they he she we and with for of to on very day time house train".split()
    rules = sorted(vaderSentiment.NEGATE) + sorted(vaderSentiment.BOOSTER_DICT) + ["but", "least", "at least", "never so", "without doubt", "kind of"]
    signs = ["", "", "", ".", "!", "!!", "!!!!!", "?", "???", "????", ",", ":)", ":("]
    for _ in range(400):
        words = []
        for _ in range(chance.randint(2, 14)):
            word = chance.choice(chance.choice([plain, plain, lexicon, lexicon, rules]))
            words.append(word.upper() if chance.random() < 0.1 else word)
            if chance.random() < 0.1:
                words[-1] += chance.choice(signs)
        yield " ".join(words) + chance.choice(signs)


def of(texts):
    return [{"text": text, **analyzer.polarity_scores(text)} for text in texts]


result = {"made_with": "vaderSentiment 3.3.2", "documented": of(documented()), "more": of(more()), "random": of(random_sentences())}
Path(__file__).with_name("sentiment.json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
