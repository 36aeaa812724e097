"""What a training log says about the worth of more compute: the figures at each doubling of the tokens seen."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple, Optional

LINE = re.compile(r"^[\d:]+ step \d+ tokens ([\d.]+)M (.*)$")
LOSS = re.compile(r"^loss ([\d.]+) ")
TASKS = re.compile(r"exact (\d+)/(\d+) middle ([\d.]+)")
ACTIVITY = re.compile(r"activity % ([\d. ]+)$")
FIRST = 1_000_000  # tokens of the first row


class Validation(NamedTuple):
    """Held-out tasks of all languages together. middle_loss in nats per token, activity between 0 and 1."""

    exact: int
    tasks: int
    middle_loss: float
    activity: float


def validation(text: str) -> Optional[Validation]:
    by_language, activity = TASKS.findall(text), ACTIVITY.search(text)
    if not by_language or activity is None:
        return None
    exact, tasks, losses = ([float(row[i]) for row in by_language] for i in range(3))
    by_layer = [float(share) / 100 for share in activity[1].split()]
    return Validation(int(sum(exact)), int(sum(tasks)), sum(losses) / len(losses), sum(by_layer) / len(by_layer))


def read(log: Path) -> tuple[list[tuple[float, float]], list[tuple[float, Validation]]]:
    """(tokens, training loss in nats per weighted token) and (tokens, validation), as they came."""
    losses, validations = [], []
    for tokens, text in (match.groups() for match in map(LINE.match, log.read_text().splitlines()) if match):
        at = float(tokens) * 1e6
        loss, validated = LOSS.match(text), validation(text)
        if loss:
            losses.append((at, float(loss[1])))
        if validated:
            validations.append((at, validated))
    return losses, validations


def nearest(rows: list[tuple[float, object]], tokens: float) -> Optional[tuple[float, object]]:
    """The row next to tokens by ratio; None where none lies within a fifth."""
    close = [row for row in rows if row[0] > 0 and 0.8 <= row[0] / tokens <= 1.25]
    return min(close, key=lambda row: abs(row[0] - tokens), default=None)


def doublings(log: Path) -> list[dict]:
    """A row for 1, 2, 4, ... million tokens, and for the end of the run."""
    losses, validations = read(log)
    if not losses:
        return []
    last = max(tokens for tokens, _ in losses)
    points = []
    tokens = float(FIRST)
    while tokens < last / 1.25:
        points.append(tokens)
        tokens *= 2
    rows = []
    for point in [*points, last]:
        loss, validated = nearest(losses, point), nearest(validations, point)
        if loss is None:
            continue
        row = {"tokens": round(loss[0]), "loss": loss[1]}
        rows.append({**row, **(validated[1]._asdict() if validated else {})})
    return rows
