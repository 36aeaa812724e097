"""Batches made ahead by worker processes: the same ones in the same order, however many workers there are."""

from __future__ import annotations

from typing import Iterator

from sentencepiece import SentencePieceProcessor
from torch.utils.data import DataLoader, Dataset

from . import fim
from .train import row_length

LAST_STEP = 10_000_000  # no run gets there
STEPS_AHEAD = 2  # per worker


class Steps(Dataset):
    """Item i is the batch of step i, which depends on the seed, the documents and i alone."""

    def __init__(self, documents: fim.Documents, tokenizer: SentencePieceProcessor, tokens: int, lengths: dict[int, float],
                 seed: int) -> None:
        self.documents, self.tokenizer, self.tokens, self.lengths, self.seed = documents, tokenizer, tokens, lengths, seed

    def __getitem__(self, step: int) -> fim.Batch:
        length = row_length(step, self.seed, self.lengths, short_steps=0)
        return fim.batch(self.documents, self.tokenizer, self.tokens // length, length, f"{self.seed}:{step}")


def batches(steps: Steps, first: int, workers: int) -> Iterator[fim.Batch]:
    """The batches of step first and all after it. Forked workers share the documents' memory. 0 workers: in this process."""
    ahead = dict(multiprocessing_context="fork", prefetch_factor=STEPS_AHEAD) if workers else {}
    return iter(DataLoader(steps, batch_size=None, sampler=range(first, LAST_STEP), num_workers=workers, **ahead))
