#!/usr/bin/env python3
"""How many goals of some folders are planned by rules, run and come out right? Over REST, on a server of its own.

    python3 over_rest.py BATON FOLDER...        as: over_rest.py ../../../../target/release/baton unseen others=16,3

A goal that can be done counts if its plan is accepted as it is, its run completes, it uses the skills without which it cannot be done,
and all checks of its results hold; one that cannot be done, if it is refused with a code of the planner (PLAN-...). Any other answer that is
no plan, as of a server that is broken or busy, is a fault. Prints a line a goal, and both sums. Ends with 1 after a fault, or if a folder has
fewer than was asked for: FOLDER=RUN,REFUSED.
"""
import glob
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from checks import failed_checks

HERE = os.path.dirname(os.path.abspath(__file__))
PATIENCE_SECONDS = 120
EMAIL, PASSWORD = "goals@example.test", "correct horse battery staple"


class Site(http.server.ThreadingHTTPServer):
    """Serves what goals want to be served."""

    def __init__(self):
        self.pages = {}
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = site.pages.get(self.path.split("?")[0])
                html = self.path.endswith(".html")
                self.send_response(404 if body is None else 200)
                self.send_header("content-type", "text/html; charset=utf-8" if html else "application/octet-stream")
                self.send_header("content-length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Server:
    """A server in a folder of its own."""

    def __init__(self, program, folder):
        environment = dict(os.environ, BATON_ADMIN_EMAIL=EMAIL, BATON_ADMIN_PASSWORD=PASSWORD)
        options = ["--data", folder, "--listen", "127.0.0.1:0", "--egress-private-hosts", "127.0.0.1", "--requests-per-second", "10000"]
        self.process = subprocess.Popen([program, "serve", *options], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        ready = next(line for line in self.process.stdout if "http://" in line)
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        self.api = "http://" + ready.split("http://")[1].split()[0].rstrip("/.,") + "/api/v1"
        self.token = None
        self.token = self.call("POST", "/auth/login", {"email": EMAIL, "password": PASSWORD})[1]["access_token"]

    def call(self, method, path, body=None, raw=None, media_type="application/json"):
        """Gives the status and the answer."""
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        headers = {"content-type": media_type}
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(self.api + path, method=method, data=data, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"null")

    def upload(self, path, media_type):
        with open(path, "rb") as file:
            name = urllib.parse.quote(os.path.basename(path))
            status, stored = self.call("POST", f"/artifacts?name={name}", raw=file.read(), media_type=media_type)
        assert status == 201, stored
        return stored["id"]


def inputs_of(server, folder, goal, filled):
    """Uploads the goal's files and makes its connections."""
    inputs = {}
    for name, given in goal["inputs"].items():
        kind = given["kind"]
        if kind == "artifact" and "files" in given:
            value = [server.upload(f"{folder}/{file}", given["media_type"]) for file in given["files"]]
        elif kind == "artifact":
            value = server.upload(f"{folder}/{given['file']}", given["media_type"])
        else:
            value = filled(given["value"])
        if kind == "connection":
            status, made = server.call("POST", "/connections", {"name": value, "settings": filled(given["settings"])})
            assert status < 300, made
        inputs[name] = {"kind": kind, "value": value}
    return inputs


def outputs_of(server, run):
    """What completed steps gave, each turn of a list on its own, and what the run gave."""
    found = []
    for step in run["steps"]:
        if not step.get("uses"):
            continue
        _, items = server.call("GET", f"/runs/{run['summary']['id']}/steps/{urllib.parse.quote(step['id'])}/items")
        for item in items["items"]:
            if item["state"] != "completed":
                continue
            output = item.get("output")
            if output is None and item.get("task"):
                output = server.call("GET", f"/tasks/{item['task']}")[1].get("result")
            found.append((step["uses"], output))
    return found + [("$outputs", run.get("outputs") or {})]


class Fault(Exception):
    """The server neither planned a goal nor refused it."""


def judged(server, folder, goal, filled):
    """Whether a goal came out right, and a word on how."""
    body = {"goal": filled(goal["goal"]), "inputs": inputs_of(server, folder, goal, filled)}
    status, plan = server.call("POST", "/plans", body)
    if status >= 300:
        code, how = (plan or {}).get("code") or "", f"{status} {json.dumps(plan)[:200]}"
        if not code.startswith("PLAN-"):
            raise Fault(how)
        return not goal["expect"]["planned"], f"{code}: {(plan.get('detail') or '')[:120]}"
    if not goal["expect"]["planned"]:
        return False, "planned, though it cannot be done"
    status, accepted = server.call("POST", f"/plans/{plan['summary']['id']}/accept", {})
    if status >= 300:
        return False, f"not accepted, {accepted.get('code')}: {(accepted.get('detail') or '')[:120]}"
    id, began = accepted["run"]["id"] if isinstance(accepted.get("run"), dict) else accepted.get("id") or accepted["run"], time.time()
    while True:
        _, run = server.call("GET", f"/runs/{id}")
        if run["summary"]["state"] in ("completed", "failed", "canceled") or time.time() - began > PATIENCE_SECONDS:
            break
        time.sleep(0.2)
    used = [step.get("uses") for step in run["steps"]]
    missing = [skill for skill in goal["expect"].get("skills_all", []) if skill not in used]
    missing += [any_of for any_of in goal["expect"].get("skills_any", []) if not set(any_of) & set(used)]
    failed = failed_checks(goal["expect"], outputs_of(server, run))
    right = run["summary"]["state"] == "completed" and not missing and not failed
    return right, f"{run['summary']['state']} {used}" + (f" missing {missing} failed {json.dumps(failed)[:200]}" if not right else "")


def main():
    program, folders, enough = os.path.abspath(sys.argv[1]), sys.argv[2:], True
    site = Site()
    filled = lambda value: json.loads(json.dumps(value).replace("{{site}}", site.url))
    for name in folders:
        name, _, wanted = name.partition("=")
        wanted_run, wanted_refused = (int(number) for number in (wanted or "0,0").split(","))
        folder = os.path.join(HERE, name)
        paths = sorted(glob.glob(f"{folder}/*-[0-9][0-9].json"))
        # By whether a goal can be done: how many came out right, and how many there are.
        right, count, faults = {True: 0, False: 0}, {True: 0, False: 0}, 0
        with tempfile.TemporaryDirectory(prefix="baton-goals-") as data:
            server = Server(program, data)
            for path in paths:
                with open(path) as file:
                    goal = json.load(file)
                for page, served in goal.get("site", {}).items():
                    with open(f"{folder}/{served}", "rb") as file:
                        site.pages["/" + page] = file.read()
                try:
                    good, how = judged(server, folder, goal, filled)
                except Fault as fault:
                    good, how, faults = False, f"FAULT {fault}", faults + 1
                right[goal["expect"]["planned"]] += good
                count[goal["expect"]["planned"]] += 1
                print(goal["id"], "right" if good else "WRONG", how, flush=True)
            server.process.terminate()
            server.process.wait()
        said = f"{right[True]} of {count[True]} planned and run with the right result, {right[False]} of {count[False]} refused with a code"
        print(f"{name}: {right[True] + right[False]} of {len(paths)}: {said}, {faults} faults", flush=True)
        enough = enough and faults == 0 and right[True] >= wanted_run and right[False] >= wanted_refused
    sys.exit(0 if enough else 1)


if __name__ == "__main__":
    main()
