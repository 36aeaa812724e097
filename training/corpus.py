"""Turn the fetched packages into two files of clean source text: one to train on, one of whole held-out packages.

Dropped: minified, generated, data-like and duplicate files, files under another licence than their package's, and every
file that shares a long word sequence with an evaluation task. Rewritten: licence headers and e-mail addresses.
The held-out files are also written one by one, as HELDOUT/<language>/<package>/<path>, for `hotset evaluate infilling`.

    python3 -m training.corpus --evaluation-data FOLDER_OF_HUMANEVAL_AND_MBPP
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import re
import shutil
from collections import Counter
from multiprocessing.pool import Pool
from pathlib import Path
from typing import Iterator, Optional

from . import overlap
from .cleaning import Duplicates, clean, is_copyleft, looks_written
from .fetch import Entry, package_folder, read_manifest
from .paths import corpus_file, heldout_folder

LANGUAGES = {
    ".py": "python", ".ts": "typescript", ".tsx": "typescript", ".mts": "typescript", ".js": "javascript",
    ".mjs": "javascript", ".jsx": "javascript", ".go": "go", ".rs": "rust", ".java": "java",
    ".h": "cpp", ".hpp": "cpp", ".hh": "cpp", ".cpp": "cpp", ".cc": "cpp", ".cxx": "cpp", ".c": "cpp",
    ".css": "css", ".scss": "css", ".less": "css", ".html": "html", ".htm": "html", ".svelte": "html", ".vue": "html",
    ".json": "json", ".sh": "shell", ".bash": "shell", ".bats": "shell", ".zsh": "shell",
}
SHELL_SCRIPT = re.compile(rb"#!.*\b(ba|z|da)?sh\b")
DECLARATIONS = (".d.ts", ".d.mts", ".d.cts")
SMALLEST, LARGEST = 200, 150_000  # bytes of one file
LARGEST_JSON = 20_000  # what is longer is data
# Characters of one package by language: no project may stand for a whole language, and the main ones get the most.
LARGEST_PACKAGE = {"python": 12_000_000, "typescript": 12_000_000, "javascript": 12_000_000, "html": 1_000_000, "css": 1_000_000,
                   "json": 1_000_000, "shell": 1_000_000}
LARGEST_OTHER = 2_000_000
BUILD_FOLDERS = {"dist", "build", "umd", "cjs", "bundles", "min", "vendor", "_vendor", "third_party", "third-party", "thirdparty",
                 "3rdparty", "external", "extern", "deps", "node_modules", "legacy", "testdata", "fixtures", "locale", "locales",
                 "i18n", "lang"}
ENOUGH = "package large enough without it"
OVERLAP = "shares text with an evaluation task"
DUPLICATED = 2  # so much more of a package is cleaned than kept, for what turns out to be a duplicate
LOCK_FILES = {"package-lock.json", "npm-shrinkwrap.json", "composer.lock"}
# Where a Debian binary package puts what is the root of a project's own folder.
INSTALLED_ROOT = re.compile(
    r"usr/lib/python3[^/]*/(dist-packages/)?|usr/share/gocode/src/([^/]+/){3}|usr/share/cargo/registry/[^/]+/|usr/include/|usr/(share|lib)/")


def language_of(path: Path) -> Optional[str]:
    """By the name's ending; a file without one may be a shell script."""
    if path.suffix:
        return LANGUAGES.get(path.suffix)
    with open(path, "rb") as file:
        return "shell" if SHELL_SCRIPT.match(file.readline(80)) else None


def largest(language: str) -> int:
    return LARGEST_PACKAGE.get(language, LARGEST_OTHER)


def source_files(entry: Entry) -> Iterator[tuple[str, Path]]:
    """(language, path) of a package's source, in an order of chance that is always the same.

    Where src/ holds TypeScript, the compiled JavaScript beside it is left out."""
    root = package_folder(entry) / "content"
    files = [p for p in root.rglob("*") if p.is_file() and not p.is_symlink() and not p.name.endswith(DECLARATIONS)]
    suffixes = Counter(path.suffix for path in files)
    ships_typescript = entry["registry"] == "npm" and suffixes[".ts"] + suffixes[".tsx"] >= suffixes[".js"] / 3
    for path in sorted(files, key=lambda path: hashlib.sha1(str(path.relative_to(root)).encode()).digest()):
        folders = set(path.relative_to(root).parts[:-1])
        if folders & BUILD_FOLDERS or ".min." in path.name or path.name in LOCK_FILES:
            continue
        language = language_of(path)
        if language and not (ships_typescript and language == "javascript"):
            yield language, path


def project_path(entry: Entry, path: Path) -> str:
    """The path as an editor would show it, relative to the project's own folder. path: relative to the unpacked package."""
    if entry["registry"] == "npm":
        return path.relative_to(path.parts[0]).as_posix()
    return INSTALLED_ROOT.sub("", path.as_posix(), count=1) if entry["registry"] == "debian" else path.as_posix()


def read(path: Path) -> Optional[str]:
    largest = LARGEST_JSON if path.suffix == ".json" else LARGEST
    try:
        return path.read_text(encoding="utf-8") if SMALLEST <= path.stat().st_size <= largest else None
    except UnicodeDecodeError:
        return None


class Cleaner:
    """What the worker processes do with one package, each with task n-grams of its own."""

    tasks: overlap.TaskNgrams

    @classmethod
    def start(cls, evaluation_data: Path) -> None:
        cls.tasks = overlap.TaskNgrams(evaluation_data)

    @classmethod
    def documents(cls, entry: Entry) -> tuple[list[dict], Counter]:
        """The clean files of one package, duplicates among them, and what became of the others."""
        root = package_folder(entry) / "content"
        kept, sizes, counts = [], Counter(), Counter()
        for language, path in source_files(entry):
            if sizes[language] > DUPLICATED * largest(language):
                counts[ENOUGH] += 1
                continue
            text, reason = cls.cleaned(path)
            if text is None:
                counts[reason] += 1
                continue
            sizes[language] += len(text)
            kept.append({"language": language, "package": entry["name"], "path": project_path(entry, path.relative_to(root)), "text": text})
        return kept, counts

    @classmethod
    def cleaned(cls, path: Path) -> tuple[Optional[str], str]:
        """The clean text, or None and the reason."""
        text = read(path)
        if text is None or not text.strip() or not looks_written(text):
            return None, "not written by hand, or of an odd size"
        if is_copyleft(text):
            return None, "under another licence"
        text = clean(text)
        if text is None or len(text) < SMALLEST:
            return None, "secret, or nothing left"
        return (None, OVERLAP) if cls.tasks.shared_with(text) else (text, "")

    @classmethod
    def overlaps(cls, line: str) -> bool:
        return cls.tasks.shared_with(json.loads(line)["text"])


def write_heldout_file(document: dict) -> None:
    file = heldout_folder() / document["language"] / document["package"].replace("/", "__") / document["path"]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(document["text"])


def remaining_overlap(pool: Pool) -> int:
    """Counted again, in what was written."""
    count = 0
    for split in ("train", "heldout"):
        with open(corpus_file(split)) as file:
            count += sum(pool.imap_unordered(Cleaner.overlaps, file, chunksize=64))
    return count


def build(entries: list[Entry], pool: Pool) -> tuple[Counter, Counter]:
    """Write both corpus files. ({(split, language): characters}, {what became of a file: files})"""
    duplicates, counts, sizes = Duplicates(), Counter(), Counter()
    shutil.rmtree(heldout_folder(), ignore_errors=True)
    # Held-out packages first: what they share with the others is dropped from the training side.
    entries = sorted(entries, key=lambda entry: entry["split"] != "heldout")
    with open(corpus_file("heldout"), "w") as heldout, open(corpus_file("train"), "w") as train:
        for entry, (documents, dropped) in zip(entries, pool.imap(Cleaner.documents, entries)):
            counts += dropped
            of_package: Counter = Counter()
            for document in documents:
                language = document["language"]
                if of_package[language] > largest(language):
                    counts[ENOUGH] += 1
                    continue
                if not duplicates.add(document["text"]):
                    counts["duplicate"] += 1
                    continue
                if entry["split"] == "heldout":
                    write_heldout_file(document)
                (heldout if entry["split"] == "heldout" else train).write(json.dumps(document) + "\n")
                of_package[language] += len(document["text"])
                sizes[entry["split"], language] += len(document["text"])
                counts["kept"] += 1
    return sizes, counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evaluation-data", type=Path, required=True, help="folder with HumanEval*.jsonl.gz and mbpp.jsonl")
    arguments = parser.parse_args()
    tasks = overlap.TaskNgrams(arguments.evaluation_data)
    with multiprocessing.Pool(initializer=Cleaner.start, initargs=[arguments.evaluation_data]) as pool:
        sizes, counts = build(read_manifest(), pool)
        for (split, language), size in sorted(sizes.items()):
            print(f"{split:8s} {language:11s} {size / 1e6:7.2f} MB")
        for reason, count in counts.most_common():
            print(f"{count:7d} files: {reason}")
        print(f"evaluation overlap: {tasks.count} {overlap.LENGTH}-grams checked; {counts[OVERLAP]} files held one of them "
              f"and were left out; {remaining_overlap(pool)} remain")


if __name__ == "__main__":
    main()
