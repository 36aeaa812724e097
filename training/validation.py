"""Held-out infilling tasks, and what a model makes of them.

A task is the rest of one line, between what stands before and after it, in a package that was never trained on. Whether
greedy decoding would write exactly the missing text is seen without decoding: it does if and only if, with the true
middle as input, every next token (and the end) is the most probable one.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Callable

import torch
from sentencepiece import SentencePieceProcessor
from torch import Tensor

from . import fim
from .tokenizer import EOT, WHITESPACE_PIECES

Format = Callable[[fim.Cut, SentencePieceProcessor, int], fim.Example]


def line_tasks(documents: fim.Documents, language: str, count: int, characters: int, seed: int = 7) -> list[fim.Cut]:
    """count cuts whose middle ends its line and holds at least one letter; the suffix starts with the line feed."""
    generator = random.Random(f"{seed}:{language}")
    tasks: list[fim.Cut] = []
    while len(tasks) < count:
        path, text = documents.draw(generator, language)
        start, end = fim.single_line(text, generator)
        if any(map(str.isalpha, text[start:end])) and end - start <= 120:
            prefix, suffix = text[max(0, start - characters * 2 // 3) : start], text[end : end + characters // 3]
            tasks.append(fim.Cut(prefix, text[start:end], suffix, path))
    return tasks


@dataclass
class Outcome:
    tasks: int
    exact: int  # the whole middle, ended by <EOT>
    line: int  # the whole middle, ended by <EOT> or by the line feed that the suffix starts with: an editor shows the same
    middle_loss: float  # nats per token of the middle, its end included
    predictions: list[list[int]]  # the most probable token at each place of the middle


@torch.no_grad()
def solve(logits: Callable[[Tensor], Tensor], tokenizer: SentencePieceProcessor, tasks: list[fim.Cut], limit: int,
          format: Format = fim.suffix_first, rows: int = 16) -> Outcome:
    """logits: tokens [B, T] -> [B, T, V]."""
    ends = {EOT, *tokenizer.piece_to_id(WHITESPACE_PIECES[:1])}
    outcome, places, loss = Outcome(len(tasks), 0, 0, 0.0, []), 0, 0.0
    examples = [format(task, tokenizer, limit) for task in tasks]
    for first in range(0, len(examples), rows):
        part = examples[first : first + rows]
        longest = max(len(e.tokens) for e in part)
        scores = logits(torch.tensor([e.tokens + [EOT] * (longest - len(e.tokens)) for e in part])[:, :-1])
        for index, e in enumerate(part):
            truth = torch.tensor(e.tokens[e.middle :])
            at_middle = scores[index, e.middle - 1 : len(e.tokens) - 1]
            best = at_middle.argmax(-1)
            text_right = bool((best[:-1] == truth[:-1]).all())
            outcome.exact += text_right and best[-1].item() == EOT
            outcome.line += text_right and best[-1].item() in ends
            outcome.predictions.append(best.tolist())
            loss += torch.nn.functional.cross_entropy(at_middle, truth, reduction="sum").item()
            places += len(truth)
    outcome.middle_loss = loss / places
    return outcome
