from flask import Flask, make_response, request
from markupsafe import Markup

app = Flask(__name__)

PAGE = Markup(
    """<!doctype html>
<html lang="en">
<head><title>Glossary</title></head>
<body>
  <h1>Entries for {term}</h1>
  <dl>{entries}</dl>
</body>
</html>"""
)
ENTRY = Markup("<dt>{word}</dt><dd>{meaning}</dd>")

GLOSSARY = {
    "hinge": "A movable joint",
    "plank": "A long flat piece of wood",
    "bracket": "A right-angled support",
}


def render(term):
    needle = term.casefold()
    entries = Markup("").join(
        ENTRY.format(word=word, meaning=meaning)
        for word, meaning in sorted(GLOSSARY.items())
        if needle in word
    )
    return PAGE.format(term=term, entries=entries)


@app.get("/glossary")
def glossary():
    term = request.args.get("q", "")[:100]
    response = make_response(str(render(term)))
    response.headers["Content-Type"] = "text/html; charset=utf-8"
    response.headers["Content-Security-Policy"] = "default-src 'self'"
    return response
