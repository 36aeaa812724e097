"""Training rows: what an editor asks, cut out of source files.

One example is one of
    suffix-first  <s><PRE><SUF> suffix <MID> header prefix middle <EOT>     what the engine sends: a keystroke only appends
    prefix-first  <s><PRE> prefix <SUF> suffix <MID> middle <EOT>
    plain         <s> header text
Prefix, middle and suffix are cut at characters and tokenised apart, as the engine's are: a cursor may stand inside a token.
The header is the file's path and a line feed. It is given, never learned: it has no weight in the loss. Some examples go
without one, as a file does that was never saved.
"""

from __future__ import annotations

import bisect
import itertools
import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from sentencepiece import SentencePieceProcessor
from torch import Tensor

from .tokenizer import BOS, EOT, MID, PRE, SUF

LANGUAGE_WEIGHTS = {
    "python": 0.36, "typescript": 0.30, "javascript": 0.18, "cpp": 0.03, "go": 0.03, "rust": 0.03, "java": 0.03, "html": 0.015,
    "css": 0.01, "json": 0.008, "shell": 0.007,
}
SUFFIX_FIRST, PREFIX_FIRST = 0.75, 0.10  # the rest is plain
WITH_PATH = 0.70
LONGEST_PATH = 120  # characters
HEADER_PARTS = 4  # a header that takes more than one part in so many of an example is left out
CHARACTERS_PER_TOKEN = 3.0
MIDDLE_WEIGHT = 2.0  # on the loss of the middle and its end, the few tokens that the editor shows
CONTROL_TOKENS = 5  # of an infilling example: <s><PRE><SUF><MID><EOT>
SHORTEST_EXAMPLE = 64  # tokens; what is left of a row below this stays empty


class Document(NamedTuple):
    """path: relative to its package, with / between the parts; empty where it is not known."""

    path: str
    text: str


class Cut(NamedTuple):
    """path: of the file, or empty for an example without a header."""

    prefix: str
    middle: str
    suffix: str
    path: str = ""


@dataclass
class Example:
    """weights[i] is the loss weight of predicting tokens[i]; middle is where the middle starts (len(tokens) if none)."""

    tokens: list[int]
    weights: list[float]
    middle: int


class Documents:
    """The files of one corpus file by language, drawn in proportion to their length."""

    def __init__(self, path: Path) -> None:
        self.files: dict[str, list[Document]] = {}
        with open(path) as file:
            for row in map(json.loads, file):
                self.files.setdefault(row["language"], []).append(Document(row.get("path", ""), row["text"]))
        self.ends = {name: list(itertools.accumulate(len(file.text) for file in files)) for name, files in self.files.items()}
        self.languages = [name for name in LANGUAGE_WEIGHTS if name in self.files]
        self.weights = [LANGUAGE_WEIGHTS[name] for name in self.languages]

    def draw(self, generator: random.Random, language: str = "") -> Document:
        name = language or generator.choices(self.languages, self.weights)[0]
        ends = self.ends[name]
        return self.files[name][bisect.bisect(ends, generator.randrange(ends[-1]))]


def line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end


def indentation_end(text: str, position: int) -> int:
    """The first character of the line of position that is no blank."""
    start = text.rfind("\n", 0, position) + 1
    return start + len(text[start : line_end(text, start)]) - len(text[start : line_end(text, start)].lstrip())


def single_line(text: str, generator: random.Random) -> tuple[int, int]:
    """From a random character, the end of the indentation or the line's very start, to the end of the line."""
    position, place = generator.randrange(len(text)), generator.random()
    if place < 0.35:
        position = indentation_end(text, position)
    elif place < 0.45:
        position = text.rfind("\n", 0, position) + 1
    return position, line_end(text, position)


def within_line(text: str, generator: random.Random) -> tuple[int, int]:
    """Between two characters of one line: the cursor stands before a closing bracket, say."""
    start, end = single_line(text, generator)
    return start, generator.randint(start, end)


def block(text: str, generator: random.Random) -> tuple[int, int]:
    """The rest of a line and up to five lines more."""
    start, end = single_line(text, generator)
    for _ in range(generator.randint(1, 5)):
        end = line_end(text, min(end + 1, len(text)))
    return start, min(end, start + 400)


def span(text: str, generator: random.Random) -> tuple[int, int]:
    start = generator.randrange(len(text))
    return start, min(len(text), start + generator.randint(1, 200))


MIDDLES = {single_line: 0.50, within_line: 0.15, block: 0.25, span: 0.10}


def cut(document: Document, budget: int, generator: random.Random) -> Cut:
    """A middle of the text with as much prefix and suffix as budget characters hold. The suffix is empty for one in seven."""
    text = document.text
    start, end = generator.choices(list(MIDDLES), MIDDLES.values())[0](text, generator)
    end = min(end, start + budget // 2)
    left = budget - (end - start)
    suffix_length = 0 if generator.random() < 0.15 else int(left * generator.uniform(0.1, 0.5))
    first = max(0, start - (left - suffix_length))
    if first and generator.random() < 0.7:  # the engine trims a prefix at a line's start where it can
        first = min(line_end(text, first) + 1, start)
    last = min(len(text), end + suffix_length)
    if last < len(text) and suffix_length and generator.random() < 0.7:
        last = max(text.rfind("\n", end, last) + 1, end) or last
    return Cut(text[first:start], text[start:end], text[end:last], document.path)


def header(path: str, tokenizer: SentencePieceProcessor, limit: int) -> list[int]:
    """The path, a long one from its last LONGEST_PATH characters' first / on, and a line feed: whole or not at all."""
    if len(path) > LONGEST_PATH:
        end = path[-LONGEST_PATH:]
        path = end[max(0, end.find("/")) :]
    tokens = tokenizer.encode(path + "\n") if path else []
    return tokens if len(tokens) <= limit // HEADER_PARTS - CONTROL_TOKENS else []


def suffix_first(parts: Cut, tokenizer: SentencePieceProcessor, limit: int) -> Example:
    """Too long a prefix loses its beginning, too long a suffix its end."""
    prefix, middle, suffix = encode(parts, tokenizer, limit)
    path = header(parts.path, tokenizer, limit)
    prefix = last(prefix, limit - len(suffix) - len(middle) - len(path) - CONTROL_TOKENS)
    return assemble([([BOS, PRE, SUF], 0.0), (suffix, 1.0), ([MID, *path], 0.0), (prefix, 1.0)], [*middle, EOT])


def prefix_first(parts: Cut, tokenizer: SentencePieceProcessor, limit: int) -> Example:
    """Without a header: the engine writes one into suffix-first prompts only."""
    prefix, middle, suffix = encode(parts, tokenizer, limit)
    prefix = last(prefix, limit - len(suffix) - len(middle) - CONTROL_TOKENS)
    return assemble([([BOS, PRE], 0.0), (prefix, 1.0), ([SUF], 0.0), (suffix, 1.0), ([MID], 0.0)], [*middle, EOT])


def encode(parts: Cut, tokenizer: SentencePieceProcessor, limit: int) -> tuple[list[int], list[int], list[int]]:
    """(prefix, middle, suffix): at most half of limit for the middle, and of the rest half for the suffix."""
    prefix, middle, suffix = (tokenizer.encode(part) for part in (parts.prefix, parts.middle, parts.suffix))
    middle = middle[: limit // 2]
    return prefix, middle, suffix[: (limit - len(middle)) // 2]


def last(tokens: list[int], count: int) -> list[int]:
    return tokens[max(0, len(tokens) - count) :]


def assemble(head: list[tuple[list[int], float]], middle: list[int]) -> Example:
    """head: tokens and the weight of each of them."""
    before = [token for tokens, _ in head for token in tokens]
    weights = [weight for tokens, weight in head for _ in tokens]
    return Example(before + middle, weights + [MIDDLE_WEIGHT] * len(middle), len(before))


def plain(document: Document, tokenizer: SentencePieceProcessor, limit: int, generator: random.Random) -> Example:
    head = [BOS, *header(document.path, tokenizer, limit)]
    characters = int(limit * CHARACTERS_PER_TOKEN)
    start = generator.randrange(max(1, len(document.text) - characters)) if generator.random() < 0.7 else 0
    tokens = tokenizer.encode(document.text[start : start + characters])[: limit - len(head)]
    return assemble([(head, 0.0), (tokens, 1.0)], [])


def example(documents: Documents, tokenizer: SentencePieceProcessor, limit: int, generator: random.Random) -> Example:
    """One example of at most limit tokens."""
    document, kind = documents.draw(generator), generator.random()
    if generator.random() >= WITH_PATH:
        document = document._replace(path="")
    if kind > SUFFIX_FIRST + PREFIX_FIRST:
        return plain(document, tokenizer, limit, generator)
    parts = cut(document, int((limit - CONTROL_TOKENS) * CHARACTERS_PER_TOKEN), generator)
    return (suffix_first if kind < SUFFIX_FIRST else prefix_first)(parts, tokenizer, limit)


class Batch(NamedTuple):
    """inputs, targets int64 [B, T]; weights float32 [B, T]; middle: whether the target belongs to a middle."""

    inputs: Tensor
    targets: Tensor
    weights: Tensor
    middle: Tensor


def row(documents: Documents, tokenizer: SentencePieceProcessor, length: int, generator: random.Random) -> Example:
    """Examples one after the other until length + 1 tokens are full (a target is the token after)."""
    tokens: list[int] = []
    weights: list[float] = []
    while length + 1 - len(tokens) >= SHORTEST_EXAMPLE:
        next_example = example(documents, tokenizer, length + 1 - len(tokens), generator)
        tokens += next_example.tokens
        weights += next_example.weights
    empty = length + 1 - len(tokens)
    return Example(tokens + [EOT] * empty, weights + [0.0] * empty, 0)


def batch(documents: Documents, tokenizer: SentencePieceProcessor, rows: int, length: int, seed: str) -> Batch:
    """The same seed gives the same batch: a resumed run goes on with the batches it would have seen."""
    generator = random.Random(seed)
    made = [row(documents, tokenizer, length, generator) for _ in range(rows)]
    tokens = torch.tensor([r.tokens for r in made])
    weights = torch.tensor([r.weights for r in made])
    return Batch(tokens[:, :-1], tokens[:, 1:], weights[:, 1:], weights[:, 1:] == MIDDLE_WEIGHT)
