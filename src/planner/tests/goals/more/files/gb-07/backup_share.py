import os

from flask import Flask, request

app = Flask(__name__)


@app.route("/backup", methods=["POST"])
def backup():
    share = request.form["share"]
    os.system("tar czf /backup/share.tgz " + share)
    return "started"
