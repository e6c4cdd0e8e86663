from flask import Flask, make_response, request

app = Flask(__name__)

PAGE = """<!doctype html>
<html lang="en">
<head><title>Catalogue search</title></head>
<body>
  <h1>Results for {term}</h1>
  <ol>{items}</ol>
</body>
</html>"""

CATALOGUE = [
    ("Brass hinge", 4.20),
    ("Oak plank", 18.00),
    ("Steel bracket", 2.75),
]


def matching(term):
    lowered = term.lower()
    return [(name, price) for name, price in CATALOGUE if lowered in name.lower()]


def render(term, found):
    items = "".join(f"<li>{name} &ndash; {price:.2f}</li>" for name, price in found)
    return PAGE.format(term=term, items=items or "<li>Nothing found</li>")


@app.get("/search")
def search():
    term = request.args.get("q", "")
    response = make_response(render(term, matching(term)))
    response.headers["Cache-Control"] = "no-store"
    return response
