"""How far do the copies that `metrics` finds agree with those of jscpd, by lines?

    npm install jscpd@4.0.5
    npx jscpd FOLDER --min-tokens 50 --min-lines 2 --max-size 10mb --max-lines 100000 --reporters json --output OUT --silent
    cargo run --release -p baton-agents-code-analysis --example copies -- FOLDER 50 > ours.json
    python3 src/agents/code_analysis/bench/agreement.py FOLDER OUT/jscpd-report.json ours.json
"""

import json
import os
import sys

folder, theirs_file, ours_file = sys.argv[1:4]
theirs, ours = set(), set()
for clone in json.load(open(theirs_file))["duplicates"]:
    for side in (clone["firstFile"], clone["secondFile"]):
        name = os.path.relpath(os.path.abspath(side["name"]), os.path.abspath(folder))
        theirs.update((name, line) for line in range(side["start"], side["end"] + 1))
result = json.load(open(ours_file))
for copy in result["duplication"]["copies"]:
    ours.update((copy["file"], line) for line in range(copy["line"], copy["end_line"] + 1))
both = theirs & ours
print(f"ours {len(ours)} lines in {result['duplication']['groups']} groups (share {result['duplication']['share']}), jscpd {len(theirs)} lines")
print(f"in both {len(both)}; of jscpd's lines we have {len(both) / max(1, len(theirs)):.3f}, of ours jscpd has {len(both) / max(1, len(ours)):.3f}")
