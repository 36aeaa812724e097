"""Pack corpus and tokenizer small enough to travel with a call to a lent GPU, and unpack them there.

    python3 -m training.pack FOLDER [--megabytes 55]

FOLDER gets load-1, load-2, …, each small enough for one call and of use without the others: xz parts that hold whole
packages in random order, and an index with their hashes. The first also holds the held-out packages and the tokenizer.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import lzma
import os
import random
import shutil
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Iterable, Iterator

from .paths import corpus_file, tokenizer_file, work_directory

PART_BYTES = 24_000_000  # of text: small enough to compress and to unpack on many cores at once
# Text that repeats itself from file to file: literals depend on the byte before, never on the position.
FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "lc": 4, "lp": 0, "pb": 0}]
INDEX, HELDOUT, TOKENIZER = "index.json", "heldout.jsonl.xz", "tokenizer.model"


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def parts(rows: Iterable[str], part_bytes: int) -> Iterator[bytes]:
    """The rows, package by package in random order, in pieces of about part_bytes. Within a piece, like lies by like."""
    packages: dict[str, list[tuple[str, str, str]]] = {}
    for row in rows:
        document = json.loads(row)
        packages.setdefault(document["package"], []).append((document["language"], document["path"], row))
    names = sorted(packages)
    random.Random(1).shuffle(names)
    part: list[tuple[str, str, str]] = []
    size = 0
    for entry in itertools.chain.from_iterable(packages[name] for name in names):
        part.append(entry)
        size += len(entry[2])
        if size >= part_bytes:
            yield "".join(row for _, _, row in sorted(part)).encode()
            part, size = [], 0
    if part:
        yield "".join(row for _, _, row in sorted(part)).encode()


def compress(data: bytes) -> bytes:
    return lzma.compress(data, format=lzma.FORMAT_XZ, filters=FILTERS)


def write_load(folder: Path, number: int, files: dict[str, bytes]) -> None:
    load = folder / f"load-{number}"
    load.mkdir(parents=True)
    for name, data in files.items():
        (load / name).write_bytes(data)
    (load / INDEX).write_text(json.dumps({name: hashlib.sha256(data).hexdigest() for name, data in files.items()}, indent=1) + "\n")
    print(f"{load}: {len(files)} files, {sum(map(len, files.values())) / 1e6:.1f} MB", flush=True)


def pack(folder: Path, limit: float, part_bytes: int = PART_BYTES) -> int:
    """Pack the corpus of the work directory into loads of at most limit bytes; their number."""
    if folder.exists():
        raise SystemExit(f"{folder} exists already: name a new folder")
    files = {HELDOUT: compress(corpus_file("heldout").read_bytes()), TOKENIZER: tokenizer_file().read_bytes()}
    number = 1
    with open(corpus_file("train")) as rows, ProcessPoolExecutor(2) as pool:
        for index, part in enumerate(pool.map(compress, parts(rows, part_bytes))):
            if sum(map(len, files.values())) + len(part) > limit:
                write_load(folder, number, files)
                files, number = {}, number + 1
            files[f"part-{index:02d}.jsonl.xz"] = part
            print(f"part {index}: {len(part) / 1e6:.1f} MB", flush=True)
    write_load(folder, number, files)
    return number


def unpack_file(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(".new")
    unfinished.write_bytes(lzma.decompress(source.read_bytes()))
    os.replace(unfinished, target)


def check(load: Path) -> list[str]:
    """The names of the load's files, once each is what the index says. SystemExit otherwise."""
    if not (load / INDEX).exists():
        raise SystemExit(f"{load} holds no {INDEX}: it is no load of training.pack")
    index = json.loads((load / INDEX).read_text())
    for name, expected in index.items():
        if Path(name).name != name or not (load / name).exists() or sha256(load / name) != expected:
            raise SystemExit(f"{load / name} is missing or damaged: bring the load again")
    return list(index)


def unpack(load: Path) -> bool:
    """Add a load to the work directory's corpus. False where it has been added before."""
    unpacked = work_directory() / "unpacked"
    names = check(load)
    targets = {load / name: unpacked / Path(name).stem for name in names if name.startswith("part-")}
    new = {source: target for source, target in targets.items() if not target.exists()}
    if TOKENIZER in names:
        shutil.copyfile(load / TOKENIZER, tokenizer_file())
        unpack_file(load / HELDOUT, corpus_file("heldout"))
    if not new and corpus_file("train").exists():
        return False
    with ProcessPoolExecutor() as pool:
        list(pool.map(unpack_file, new.keys(), new.values()))
    # In the order of the parts' numbers, whatever order the loads came in: batches depend on it.
    with open(corpus_file("train").with_suffix(".new"), "wb") as whole:
        for part in sorted(unpacked.glob("part-*.jsonl")):
            whole.write(part.read_bytes())
    os.replace(corpus_file("train").with_suffix(".new"), corpus_file("train"))
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--megabytes", type=float, default=55, help="largest size of one load")
    arguments = parser.parse_args()
    pack(arguments.folder, arguments.megabytes * 1e6)


if __name__ == "__main__":
    main()
