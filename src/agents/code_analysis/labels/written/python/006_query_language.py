from collections.abc import Iterator
from dataclasses import dataclass

OPERATORS = {"AND", "OR", "NOT"}


@dataclass(frozen=True)
class Token:
    kind: str
    text: str


def tokenize(query: str) -> Iterator[Token]:
    word = ""
    for char in query + " ":
        if char.isspace() or char in "()":
            if word:
                yield Token("op" if word in OPERATORS else "word", word)
                word = ""
            if char in "()":
                yield Token(char, char)
        else:
            word += char


class Parser:
    def __init__(self, query: str):
        self.tokens = list(tokenize(query))
        self.position = 0

    def peek(self) -> Token | None:
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def take(self) -> Token:
        token = self.peek()
        if token is None:
            raise ValueError("the query ends too early")
        self.position += 1
        return token

    def flat_terms(self) -> tuple[set[str], set[str]]:
        wanted, unwanted = set(), set()
        negate = False
        while self.peek() is not None:
            token = self.take()
            if token.kind == "op":
                negate = token.text == "NOT"
            elif token.kind == "word":
                (unwanted if negate else wanted).add(token.text.lower())
                negate = False
        return wanted, unwanted


def execute(query: str, documents: dict[str, str]) -> list[str]:
    wanted, unwanted = Parser(query).flat_terms()
    hits = []
    for key, text in documents.items():
        words = set(text.lower().split())
        if wanted <= words and not unwanted & words:
            hits.append(key)
    return hits
