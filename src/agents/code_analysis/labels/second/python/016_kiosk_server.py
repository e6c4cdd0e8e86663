"""Menu kiosk of the canteen."""
import argparse
import datetime
import json
import logging
import pathlib

from flask import Flask, abort, jsonify, render_template

app = Flask(__name__)
logger = logging.getLogger("kiosk")

DATA = pathlib.Path(__file__).parent / "menus"


class Menu:
    def __init__(self, day, dishes):
        self.day = day
        self.dishes = dishes

    @classmethod
    def for_day(cls, day):
        path = DATA / f"{day:%Y-%m-%d}.json"
        if not path.exists():
            return None
        return cls(day, json.loads(path.read_text(encoding="utf-8")))

    def as_dict(self):
        return {"day": self.day.isoformat(), "dishes": self.dishes}


@app.route("/")
def today():
    menu = Menu.for_day(datetime.date.today())
    return render_template("today.html", menu=menu)


@app.route("/api/menu/<int:year>/<int:month>/<int:day>")
def menu(year, month, day):
    try:
        date = datetime.date(year, month, day)
    except ValueError:
        abort(404)
    found = Menu.for_day(date)
    if found is None:
        abort(404)
    return jsonify(found.as_dict())


@app.template_filter("price")
def price(cents):
    return "%d.%02d" % divmod(int(cents), 100)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8080)
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO)
    logger.info("kiosk starts on port %d", args.port)
    app.run(host="0.0.0.0", port=args.port, debug=True)


if __name__ == "__main__":
    main()
