"""Fetch the packages of manifest.json through the registries' own clients (apt-get, npm).

Registries: `debian` is a binary package, `debian-source` the source that Debian keeps of a project, `npm` a tarball.
An entry without a version gets the registry's current one, and the version (for npm also the licence) is written
back, so that the next run asks for exactly the same files. Licences outside ALLOWED stop the run.

    python3 -m training.fetch
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tarfile
from functools import cache
from pathlib import Path
from typing import Optional

from .paths import MANIFEST, downloads

ALLOWED = {
    "MIT", "MIT-0", "ISC", "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "PSF-2.0", "Unlicense",
    "CC0-1.0", "BlueOak-1.0.0", "(MIT OR Apache-2.0)", "MIT OR Apache-2.0", "Zlib", "curl", "blessing",
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


@cache
def source_environment() -> dict[str, str]:
    """An environment in which apt-get knows the source packages of the machine's own Debian mirrors; the machine's own
    settings stay as they are."""
    folder = downloads() / "apt"
    (folder / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    mirrors = subprocess.run(
        ["apt-get", "indextargets", "--format", "deb-src $(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages", "Origin: Debian"],
        check=True, stdout=subprocess.PIPE, text=True).stdout
    (folder / "sources.list").write_text(mirrors)
    (folder / "apt.conf").write_text(
        f'Dir::Etc::SourceList "{folder}/sources.list";\nDir::Etc::SourceParts "/dev/null";\n'
        f'Dir::State::Lists "{folder}/lists";\nDir::Cache "{folder}";\n')
    environment = {**os.environ, "APT_CONFIG": str(folder / "apt.conf")}
    subprocess.run(["apt-get", "update", "-qq"], check=True, env=environment)
    return environment


def fetch_debian_source(entry: Entry, folder: Path) -> None:
    """Download and unpack one source package as its authors released it: Debian's patches are not applied."""
    wanted = entry["name"] + (f"={entry['version']}" if entry["version"] else "")
    subprocess.run(["apt-get", "source", "-qq", "--download-only", wanted], cwd=folder, check=True, env=source_environment())
    description = newest(folder, "*.dsc")
    assert description is not None
    version = next(line for line in description.read_text().splitlines() if line.startswith("Version: "))
    entry["version"] = version.removeprefix("Version: ")
    unpack = ["dpkg-source", "--no-check", "--skip-patches", "--extract", description.name, "content"]
    subprocess.run(unpack, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for file in folder.iterdir():
        if file.is_file():
            file.unlink()
    shutil.rmtree(folder / "content" / "debian", ignore_errors=True)  # Debian's own files may have another licence


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


CLIENTS = {"debian": fetch_debian, "debian-source": fetch_debian_source, "npm": fetch_npm}


def fetch(entry: Entry) -> None:
    """Bring one package here unless it already is, and refuse a licence that is not permissive."""
    folder = package_folder(entry)
    if not (folder / "content").exists():
        folder.mkdir(parents=True, exist_ok=True)
        CLIENTS[entry["registry"]](entry, folder)
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
