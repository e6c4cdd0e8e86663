import os
from flask import Flask, request

app = Flask(__name__)


@app.route("/backup")
def backup():
    name = request.args.get("name")
    os.system("tar czf /backups/" + name + ".tgz /srv/shop")
    return "done"
