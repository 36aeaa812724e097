"""The check that no evaluation task enters the corpus: shared sequences of LENGTH words or signs."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Iterator, Optional

LENGTH = 13
WORD = re.compile(r"\w+|[^\w\s]")


def task_texts(folder: Path) -> Iterator[str]:
    """Prompt, solution and tests of every HumanEval and MBPP task."""
    with gzip.open(folder / "HumanEval.jsonl.gz", "rt") as file:
        for task in map(json.loads, file):
            yield task["prompt"] + task["canonical_solution"]
            yield task["test"]
    for line in (folder / "mbpp.jsonl").read_text().splitlines():
        task = json.loads(line)
        yield from (task["text"], task["code"], *task["test_list"])


class TaskNgrams:
    """All LENGTH-grams of the tasks. Words that no task holds end a run, which makes the search cheap."""

    def __init__(self, folder: Path) -> None:
        self.ids: dict[str, int] = {}
        self.ngrams: set[tuple[Optional[int], ...]] = set()
        for text in task_texts(folder):
            words = [self.ids.setdefault(word, len(self.ids)) for word in WORD.findall(text)]
            self.ngrams.update(tuple(words[i : i + LENGTH]) for i in range(len(words) - LENGTH + 1))

    @property
    def count(self) -> int:
        return len(self.ngrams)

    def shared_with(self, text: str) -> bool:
        numbers = [*map(self.ids.get, WORD.findall(text)), None]
        start = 0
        while start < len(numbers):
            end = numbers.index(None, start)
            if any(tuple(numbers[i : i + LENGTH]) in self.ngrams for i in range(start, end - LENGTH + 1)):
                return True
            start = end + 1
        return False
