"""All figures of the model card, from the exported file alone and the held-out packages.

    python3 -m training.evaluate [--model models/NAME.gguf] [--tasks 200] [--samples 9] [--evaluation-data FOLDER] [--json FILE]
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import random
from pathlib import Path
from typing import Callable

import torch
from sentencepiece import SentencePieceProcessor
from torch import Tensor

from . import fim, machine, validation
from .gguf import read
from .paths import MODEL_NAME, MODELS, corpus_file
from .profile import profile_path
from .reference import Llama, greedy
from .tokenizer import BOS, EOT
from .tokenizer import load as load_tokenizer

LANGUAGES = ("python", "typescript", "javascript")
CONTEXT_TOKENS = 640  # of an infilling prompt and its middle
NEARLY_DEAD = 0.001  # a neuron active for fewer than one token in a thousand
CARRIED = 0.8


def bits_per_byte(logits: Callable[[Tensor], Tensor], tokenizer: SentencePieceProcessor, documents: fim.Documents, language: str, rows: int = 24) -> float:
    """Plain left-to-right text in windows of up to 1,023 tokens after a BOS, each from a random place of a file."""
    generator = random.Random(f"bits:{language}")
    bits, size = 0.0, 0
    for _ in range(rows):
        text = documents.draw(generator, language).text
        start = generator.randrange(max(1, len(text) - 3000))
        tokens = torch.tensor([BOS, *tokenizer.encode(text[start : start + 3000])][:1024])
        scores = logits(tokens[:-1])
        bits += torch.nn.functional.cross_entropy(scores, tokens[1:], reduction="sum").item() / math.log(2)
        size += len(tokenizer.decode(tokens[1:].tolist()).encode())
    return bits / size


def without_suffix(parts: fim.Cut, tokenizer: SentencePieceProcessor, limit: int) -> fim.Example:
    return fim.suffix_first(parts._replace(suffix=""), tokenizer, limit)


FORMATS = {"suffix first": fim.suffix_first, "prefix first": fim.prefix_first, "no suffix": without_suffix}


def infilling(model: Llama, tokenizer: SentencePieceProcessor, documents: fim.Documents, language: str, count: int) -> dict:
    """Exact matches of single-line middles and the middle's loss in nats per token, by prompt format."""
    tasks = validation.line_tasks(documents, language, count, CONTEXT_TOKENS * 3)
    result = {}
    for name, format in FORMATS.items():
        outcome = validation.solve(lambda t: model.logits(t[0])[None], tokenizer, tasks, CONTEXT_TOKENS, format, rows=1)
        result[name] = {"line": outcome.line, "exact": outcome.exact, "tasks": outcome.tasks, "middle_loss": round(outcome.middle_loss, 3)}
    return result


def humaneval_tasks(folder: Path) -> list[fim.Cut]:
    """Every line of HumanEval's solutions, cut out once (Bavarian et al. 2022). The line feed stays in the suffix."""
    with gzip.open(folder / "HumanEval-SingleLineInfilling.jsonl.gz", "rt") as file:
        rows = [json.loads(line) for line in file]
    cuts = []
    for task in rows:
        line = task["canonical_solution"].rstrip("\n")
        cuts.append(fim.Cut(task["prompt"], line, task["canonical_solution"][len(line) :] + task["suffix"]))
    return cuts


def carrying_share(frequencies: torch.Tensor) -> float:
    """Smallest share of these neurons that makes CARRIED of all activations. frequencies [n]."""
    cumulative = frequencies.sort(descending=True).values.cumsum(0)
    return (int((cumulative < CARRIED * cumulative[-1]).sum()) + 1) / len(frequencies)


def neurons(model_file: Path) -> list[dict]:
    """Activity, nearly dead neurons and skew of every layer, from the profile beside the model."""
    _, tensors = read(profile_path(model_file))
    layers = []
    for layer in range(len(tensors)):
        shares = torch.from_numpy(tensors[f"blk.{layer}.activation_frequency"].copy())
        living = shares[shares >= NEARLY_DEAD]
        layers.append({"activity": round(shares.mean().item(), 4), "nearly_dead": round(1 - len(living) / len(shares), 4),
                       "living_carrying_80": round(carrying_share(living), 4)})
    return layers


def samples(model: Llama, tokenizer: SentencePieceProcessor, documents: fim.Documents, count: int) -> list[dict]:
    """Real greedy completions, good and bad as they come."""
    shown = []
    for language in LANGUAGES:
        for task in validation.line_tasks(documents, language, -(-count // len(LANGUAGES)), 900, seed=11):
            prompt = fim.suffix_first(task, tokenizer, 360)
            written = greedy(model, torch.tensor(prompt.tokens[: prompt.middle]), 32)
            written = written[: written.index(EOT)] if EOT in written else written
            shown.append({"language": language, "before": task.prefix[-160:], "after": task.suffix[:80], "wanted": task.middle,
                          "written": tokenizer.decode(written)})
    return shown


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=MODELS / f"{MODEL_NAME}.gguf")
    parser.add_argument("--tasks", type=int, default=200, help="infilling tasks per language")
    parser.add_argument("--samples", type=int, default=0)
    parser.add_argument("--evaluation-data", type=Path, help="folder with HumanEval-SingleLineInfilling.jsonl.gz")
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    arguments = parser.parse_args()
    machine.prepare()
    model, tokenizer, documents = Llama(arguments.model), load_tokenizer(), fim.Documents(corpus_file("heldout"))
    figures: dict = {"model": arguments.model.name, "neurons": neurons(arguments.model), "languages": {}}
    for number, layer in enumerate(figures["neurons"]):
        print(f"layer {number}: activity {100 * layer['activity']:.1f}%, nearly dead {100 * layer['nearly_dead']:.0f}%, "
              f"80% of activations from {100 * layer['living_carrying_80']:.0f}% of the living", flush=True)
    for language in LANGUAGES:
        row = {"bits_per_byte": round(bits_per_byte(model.logits, tokenizer, documents, language), 3),
               "infilling": infilling(model, tokenizer, documents, language, arguments.tasks)}
        figures["languages"][language] = row
        print(f"{language}: {row['bits_per_byte']} bits per byte; exact match "
              + ", ".join(f"{name} {r['line']}/{r['tasks']} ({r['exact']} ended by <EOT>; middle {r['middle_loss']} nats)" for name, r in row["infilling"].items()), flush=True)
    if arguments.evaluation_data:
        outcome = validation.solve(lambda t: model.logits(t[0])[None], tokenizer, humaneval_tasks(arguments.evaluation_data), 1000, rows=1)
        figures["humaneval_single_line"] = {"line": outcome.line, "exact": outcome.exact, "tasks": outcome.tasks}
        print(f"HumanEval single-line infilling: exact match {outcome.line}/{outcome.tasks} ({outcome.exact} ended by <EOT>)", flush=True)
    if arguments.samples:
        figures["samples"] = samples(model, tokenizer, documents, arguments.samples)
        for sample in figures["samples"]:
            print(json.dumps(sample, ensure_ascii=False, indent=1))
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
