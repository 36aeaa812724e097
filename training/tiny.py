"""The whole pipeline on a tiny slice, in about a minute: corpus, tokenizer, training, export, profile.

    python3 -m training.tiny FOLDER

The slice is this repository's own source and Python's standard library: nothing is downloaded. FOLDER becomes the work
directory. Into it come the model, its profile, logits that training.reference computes from the model's file
(logits.json), the held-out files as plain files, and figures.json: what test/training holds an engine's figures against.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import math
import multiprocessing
import os
import shutil
import subprocess
import sys
import sysconfig
from collections import Counter
from pathlib import Path

from sentencepiece import SentencePieceProcessor

from . import corpus, fim, machine, tokenizer
from .fetch import Entry, package_folder
from .paths import REPOSITORY, checkpoint_file, corpus_file, heldout_folder
from .shapes import SHAPES
from .train import Run, rate_factor

SHAPE = SHAPES["toy"]
STEPS, DECAY_STEPS, INTERRUPTED_AFTER = 300, 100, 20
ROWS, LENGTH = 16, 128
MUON_RATE, ADAM_RATE, PENALTY = 0.02, 0.003, 0.01
PROFILE_TOKENS = 20_000

STANDARD_LIBRARY = Path(sysconfig.get_path("stdlib"))
# (folder, files in it, split)
SLICE = [
    (STANDARD_LIBRARY, "*.py", "train"), (STANDARD_LIBRARY / "email", "*.py", "train"), (STANDARD_LIBRARY / "asyncio", "*.py", "train"),
    (STANDARD_LIBRARY / "json", "*.py", "heldout"), (REPOSITORY / "extension" / "engine", "**/*.ts", "train"),
    (REPOSITORY / "extension" / "cli", "**/*.ts", "train"), (REPOSITORY / "native" / "src", "**/*.[ch]*", "train"),
    (REPOSITORY / "extension" / "host" / "completion", "*.ts", "heldout"),
]
PLANTED = STANDARD_LIBRARY / "bisect.py"  # stands for an evaluation task: the corpus must not hold it


def lay_out() -> list[Entry]:
    """Copy the slice to where fetched packages lie."""
    entries = []
    for folder, pattern, split in SLICE:
        entry = {"registry": "local", "name": folder.name, "split": split}
        for file in folder.glob(pattern):
            copy = package_folder(entry) / "content" / file.relative_to(folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
        entries.append(entry)
    return entries


def write_evaluation_data(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    task = {"prompt": "", "canonical_solution": PLANTED.read_text(), "test": ""}
    with gzip.open(folder / "HumanEval.jsonl.gz", "wt") as file:
        file.write(json.dumps(task) + "\n")
    (folder / "mbpp.jsonl").write_text("")
    return folder


def build_corpus(evaluation_data: Path) -> dict:
    """Both corpus files; characters by split, and what the check against evaluation tasks found."""
    with multiprocessing.Pool(initializer=corpus.Cleaner.start, initargs=[evaluation_data]) as pool:
        sizes, counts = corpus.build(lay_out(), pool)
        remaining = corpus.remaining_overlap(pool)
    totals: Counter = Counter()
    for (split, _), size in sizes.items():
        totals[split] += size
    return {"characters": totals, "sharedWithTasks": counts[corpus.OVERLAP], "remaining": remaining}


def train(run: Run, pieces: SentencePieceProcessor, until: int) -> None:
    """Advance to the step until. The schedule of training.train, in steps instead of seconds: the same run every time."""
    documents = fim.Documents(corpus_file("train"))
    while run.step < until:
        batch = fim.batch(documents, pieces, ROWS, LENGTH, f"{run.seed}:{run.step}")
        loss = run.advance(batch, rate_factor(run.step, STEPS - run.step, DECAY_STEPS), PENALTY, 1.0)
        if run.step % 50 == 0:
            print(f"step {run.step} of {until}: loss {loss.item():.3f}", flush=True)


def weights_hash(run: Run) -> str:
    digest = hashlib.sha256()
    for name, values in run.model.state_dict().items():
        digest.update(name.encode() + values.numpy().tobytes())
    return digest.hexdigest()


def weights_with_and_without_a_break(pieces: SentencePieceProcessor) -> dict:
    """The weights after the same steps, once in one go and once resumed from a checkpoint half-way."""
    whole = Run(1, MUON_RATE, ADAM_RATE, SHAPE)
    train(whole, pieces, 2 * INTERRUPTED_AFTER)
    first = Run(1, MUON_RATE, ADAM_RATE, SHAPE)
    train(first, pieces, INTERRUPTED_AFTER)
    first.save(checkpoint_file("interrupted"))
    resumed = Run.resumed(checkpoint_file("interrupted"), MUON_RATE, ADAM_RATE)
    train(resumed, pieces, 2 * INTERRUPTED_AFTER)
    return {"uninterrupted": weights_hash(whole), "resumed": weights_hash(resumed), "interrupted": weights_hash(first)}


def unigram_bits_per_byte(texts: list[str], pieces: SentencePieceProcessor) -> float:
    """Of the best unigram model that there can be for these texts: the one that knows their own token frequencies."""
    counts = Counter(token for text in texts for token in pieces.encode(text))
    total = sum(counts.values())
    bits = -sum(count * math.log2(count / total) for count in counts.values())
    return bits / sum(len(text.encode()) for text in texts)


def command(module: str, *options: object) -> None:
    """Run a command of the pipeline as a person would."""
    subprocess.run([sys.executable, "-m", f"training.{module}", *map(str, options)], check=True, cwd=REPOSITORY)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder.resolve()
    os.environ["HOTSET_TRAINING"] = str(folder)
    machine.prepare()
    figures = {"corpus": build_corpus(write_evaluation_data(folder / "evaluation"))}
    command("tokenizer", "--vocabulary", SHAPE.vocabulary)
    pieces = tokenizer.load()
    figures["weights"] = weights_with_and_without_a_break(pieces)
    run = Run(1, MUON_RATE, ADAM_RATE, SHAPE)
    train(run, pieces, STEPS)
    run.save(checkpoint_file("tiny"))
    model = folder / "tiny.gguf"
    command("export_gguf", "--run", "tiny", "--output", model)
    command("profile", "--model", model, "--tokens", PROFILE_TOKENS)
    command("reference", model, "--output", folder / "logits.json")
    files = sorted(path for path in heldout_folder().rglob("*") if path.is_file())
    figures["heldout"] = [str(path) for path in files]
    figures["unigramBitsPerByte"] = unigram_bits_per_byte([path.read_text() for path in files], pieces)
    (folder / "figures.json").write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
