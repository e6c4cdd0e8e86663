"""Brings the labelled files together: the written ones of this folder, and the real ones from their packages.

    python3 fetch.py TARGET

Writes TARGET/seen and TARGET/held, each with a manifest.json, and of the second set TARGET/second-seen and TARGET/second-held. A file is held out if the first byte of its SHA-256 is above 127. Packages come
from the registries that npm, pip, cargo and apt are set up with (for apt, sources must be enabled). A real file that cannot be had is
named and left out; one whose hash differs is an error.
"""

import hashlib
import json
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
APT = []


def run(command, folder):
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=600)


def archives(entry, folder):
    """The package's archive, downloaded; for a crate the folder of its sources."""
    name, version = entry["package"], entry["version"]
    if entry["ecosystem"] == "npm":
        run(["npm", "pack", f"{name}@{version}"], folder)
    elif entry["ecosystem"] == "PyPI":
        kind = "--only-binary" if entry["archive"] == "wheel" else "--no-binary"
        run([sys.executable, "-m", "pip", "download", "--no-deps", "--no-build-isolation", kind, ":all:", f"{name}=={version}"], folder)
    elif entry["ecosystem"] == "crates.io":
        (folder / "src").mkdir()
        (folder / "src" / "lib.rs").write_text("")
        (folder / "Cargo.toml").write_text(f'[package]\nname = "fetched"\nversion = "0.0.0"\nedition = "2021"\n[dependencies]\n{name} = "={version}"\n')
        run(["cargo", "vendor", "--versioned-dirs", "vendor"], folder)
        return [folder / "vendor"]
    else:
        run(["apt-get", *sources(), "source", "--download-only", name], folder)
    return [path for path in folder.iterdir() if path.is_file()]


def sources():
    """Options that let apt find sources too, in lists of its own: what the machine is set up with for packages, as sources."""
    if not APT:
        home = pathlib.Path(tempfile.mkdtemp(prefix="labels-apt-"))
        (home / "lists" / "partial").mkdir(parents=True)
        (home / "parts").mkdir()
        for file in pathlib.Path("/etc/apt/sources.list.d").glob("*.sources"):
            (home / "parts" / file.name).write_text(file.read_text().replace("Types: deb\n", "Types: deb-src\n"))
        listed = pathlib.Path("/etc/apt/sources.list")
        lines = listed.read_text().splitlines() if listed.exists() else []
        (home / "sources.list").write_text("".join(f"deb-src {line[4:]}\n" for line in lines if line.startswith("deb ")))
        options = [("Etc::sourcelist", "sources.list"), ("Etc::sourceparts", "parts"), ("State::lists", "lists")]
        for name, place in options:
            APT.extend(["-o", f"Dir::{name}={home / place}"])
        run(["apt-get", *APT, "update"], home)
    return APT


def content(entry, paths):
    """The bytes of the file, or None."""
    wanted = entry["path"].split("!")[-1]
    for path in paths:
        if path.is_dir():
            file = path / wanted
            return file.read_bytes() if file.exists() else None
        if path.suffix in (".whl", ".zip"):
            with zipfile.ZipFile(path) as archive:
                if wanted in archive.namelist():
                    return archive.read(wanted)
        elif tarfile.is_tarfile(path):
            with tarfile.open(path) as archive:
                names = [name for name in archive.getnames() if name == wanted or name.split("/", 1)[-1] == wanted.split("/", 1)[-1]]
                if names:
                    return archive.extractfile(names[0]).read()
    return None


def main():
    target = pathlib.Path(sys.argv[1])
    entries = json.loads((HERE / "manifest.json").read_text())
    halves = {"seen": [], "held": [], "second-seen": [], "second-held": []}
    fetched, missing = {}, 0
    for entry in entries:
        half = "held" if bytes.fromhex(entry["sha256"])[0] > 127 else "seen"
        if entry["file"].startswith("second/"):
            half = f"second-{half}"
        path = target / half / entry["file"]
        path.parent.mkdir(parents=True, exist_ok=True)
        if "package" not in entry:
            shutil.copy(HERE / entry["file"], path)
        elif not path.exists():
            key = (entry["ecosystem"], entry["package"], entry["version"], entry["archive"])
            if key not in fetched:
                folder = pathlib.Path(tempfile.mkdtemp(prefix="labels-"))
                try:
                    fetched[key] = archives(entry, folder)
                except (subprocess.SubprocessError, OSError) as error:
                    print(f"{entry['package']} {entry['version']}: {error}", file=sys.stderr)
                    fetched[key] = []
            found = content(entry, fetched[key])
            if found is None:
                print(f"{entry['file']} is not to be had from {entry['package']} {entry['version']}", file=sys.stderr)
                missing += 1
                continue
            path.write_bytes(found)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if digest != entry["sha256"]:
            sys.exit(f"{path}: its hash is {digest}, not {entry['sha256']}")
        halves[half].append(entry)
    for half, kept in halves.items():
        (target / half / "manifest.json").write_text(json.dumps(kept, indent=1))
        print(f"{half}: {len(kept)} files")
    print(f"{missing} not to be had")


main()
