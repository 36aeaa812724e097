"""Fetch the packages of manifest.json through the registries' own clients (apt-get, npm).

An entry without a version gets the registry's current one, and the version (for npm also the licence) is written
back, so that the next run asks for exactly the same files. Licences outside ALLOWED stop the run.

    python3 -m training.fetch
"""

from __future__ import annotations

import json
import subprocess
import tarfile
from pathlib import Path
from typing import Optional

from .paths import MANIFEST, downloads

ALLOWED = {
    "MIT", "MIT-0", "ISC", "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "PSF-2.0", "Unlicense",
    "CC0-1.0", "BlueOak-1.0.0", "(MIT OR Apache-2.0)", "MIT OR Apache-2.0",
}
Entry = dict  # {"registry", "name", "version", "licence", "split"}, one package of the manifest


def read_manifest() -> list[Entry]:
    return json.loads(MANIFEST.read_text())


def write_manifest(entries: list[Entry]) -> None:
    """One package per line, so that a version bump is a one-line diff."""
    MANIFEST.write_text("[\n" + ",\n".join(json.dumps(entry) for entry in entries) + "\n]\n")


def package_folder(entry: Entry) -> Path:
    """Where the unpacked package lies: downloads/<registry>/<name>."""
    return downloads() / entry["registry"] / entry["name"].replace("/", "__")


def newest(folder: Path, pattern: str) -> Optional[Path]:
    found = sorted(folder.glob(pattern), key=lambda path: path.stat().st_mtime)
    return found[-1] if found else None


def fetch_debian(entry: Entry, folder: Path) -> None:
    """Download and unpack one .deb. Its version stands between the underscores of the file name."""
    wanted = entry["name"] + (f"={entry['version']}" if entry["version"] else "")
    subprocess.run(["apt-get", "download", "-qq", wanted], cwd=folder, check=True)
    archive = newest(folder, "*.deb")
    assert archive is not None
    entry["version"] = archive.name.split("_")[1].replace("%3a", ":")
    subprocess.run(["dpkg-deb", "--extract", str(archive), str(folder / "content")], check=True)
    archive.unlink()


def fetch_npm(entry: Entry, folder: Path) -> None:
    """Download and unpack one npm tarball; no install script runs. Version and licence come from its package.json."""
    wanted = entry["name"] + (f"@{entry['version']}" if entry["version"] else "")
    subprocess.run(["npm", "pack", "--silent", "--ignore-scripts", wanted], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    archive = newest(folder, "*.tgz")
    assert archive is not None
    content = folder / "content"
    content.mkdir(exist_ok=True)
    with tarfile.open(archive) as tar:
        tar.extractall(content, members=[m for m in tar if m.isfile() and ".." not in Path(m.name).parts and not m.name.startswith("/")])
    archive.unlink()
    about = json.loads(next(content.glob("*/package.json")).read_text())
    entry["version"] = about["version"]
    entry["licence"] = about.get("license") if isinstance(about.get("license"), str) else None


def fetch(entry: Entry) -> None:
    """Bring one package here unless it already is, and refuse a licence that is not permissive."""
    folder = package_folder(entry)
    if not (folder / "content").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (fetch_debian if entry["registry"] == "debian" else fetch_npm)(entry, folder)
    if entry["licence"] not in ALLOWED:
        raise SystemExit(f"{entry['name']}: licence {entry['licence']!r} is not on the list of permissive ones")


def main() -> None:
    entries = read_manifest()
    for entry in entries:
        fetch(entry)
        print(f"{entry['registry']} {entry['name']} {entry['version']} {entry['licence']}", flush=True)
        write_manifest(entries)


if __name__ == "__main__":
    main()
