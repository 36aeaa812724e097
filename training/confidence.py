"""Fit the four weights that make a confidence of the model's own token probabilities, and put them into its GGUF.

    hotset evaluate infilling HELDOUT --json > figures.json
    python3 -m training.confidence figures.json [--model models/NAME.gguf]

P(whole suggestion right) = sigmoid(bias + w_sum * sum ln p + w_min * min ln p + w_count * ln n) over the n tokens that make
it. Half of the records fit the weights; what is printed, before (the product of the probabilities) and after, is of the
other half. Without --model nothing is written.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path

import numpy as np

from . import gguf

KEY = "hotset.confidence.weights"
RIDGE = 0.1  # in units of one record: only keeps weights finite that the records leave open
STEPS, CONVERGED = 100, 1e-10
FEWEST = 20  # right and wrong records of either half
BINS = 10
SHARES = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0)


def load(path: Path) -> list[dict]:
    """The records of `hotset evaluate infilling --json`. Raises ValueError where they are not."""
    try:
        records = json.loads(path.read_text())["records"]
        for record in records:
            numbers = (record["sumLogP"], record["minLogP"], record["tokens"])
            if not (all(map(math.isfinite, numbers)) and record["tokens"] >= 1 and isinstance(record["right"], bool)):
                raise ValueError
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path}: no output of `hotset evaluate infilling --json` with records; make it again") from error
    return records


def halves(records: list[dict]) -> tuple[list[dict], list[dict]]:
    """The first and the second half of each language's: neighbours, which may be of one file, mostly stay together."""
    first, second = [], []
    for language in sorted({record["language"] for record in records}):
        own = [record for record in records if record["language"] == language]
        first += own[: len(own) // 2]
        second += own[len(own) // 2 :]
    return first, second


def features(records: list[dict]) -> np.ndarray:
    """[N, 4]: 1, sum ln p, min ln p, ln n."""
    return np.array([[1.0, r["sumLogP"], r["minLogP"], math.log(r["tokens"])] for r in records])


def outcomes(records: list[dict]) -> np.ndarray:
    """[N]: 1 where the whole suggestion was right, else 0."""
    return np.array([float(r["right"]) for r in records])


def sigmoid(x: np.ndarray) -> np.ndarray:
    return np.exp(-np.logaddexp(0, -x))


def fit(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Logistic regression by Newton's method with a slight ridge on all but the bias.
    x: [N, 4] as of features(), y: [N] of 0 and 1; returns the weights [4]."""
    # With centred features of unit size the ridge means the same for all, and the steps are well conditioned.
    centre, size = x[:, 1:].mean(0), x[:, 1:].std(0)
    size[size == 0] = 1
    z = np.column_stack([np.ones(len(x)), (x[:, 1:] - centre) / size])
    ridge = np.diag([0.0] + [RIDGE] * (x.shape[1] - 1))
    weights = np.zeros(x.shape[1])
    for _ in range(STEPS):
        p = sigmoid(z @ weights)
        gradient = z.T @ (p - y) + ridge @ weights
        hessian = (z * (p * (1 - p))[:, None]).T @ z + ridge
        step = np.linalg.solve(hessian, gradient)
        scale = 1.0
        while scale > 1e-6 and loss(z, y, ridge, weights - scale * step) > loss(z, y, ridge, weights):
            scale /= 2
        weights = weights - scale * step
        if np.abs(step).max() < CONVERGED:
            break
    slopes = weights[1:] / size
    return np.concatenate([[weights[0] - slopes @ centre], slopes])


def loss(z: np.ndarray, y: np.ndarray, ridge: np.ndarray, weights: np.ndarray) -> float:
    """Negative log-likelihood of all records, and the ridge."""
    score = z @ weights
    return float(np.logaddexp(0, score).sum() - y @ score + weights @ ridge @ weights / 2)


def brier(p: np.ndarray, y: np.ndarray) -> float:
    return float(((p - y) ** 2).mean())


def calibration_error(p: np.ndarray, y: np.ndarray) -> float:
    """Expected calibration error over BINS bins of equal width."""
    which = np.minimum((p * BINS).astype(int), BINS - 1)
    gaps = [abs(p[which == b].sum() - y[which == b].sum()) for b in range(BINS)]
    return float(sum(gaps) / len(p))


def precision_at(p: np.ndarray, y: np.ndarray, share: float) -> float:
    """Share of right ones among those that are shown where only the `share` most confident are."""
    shown = np.argsort(-p, kind="stable")[: max(1, round(share * len(p)))]
    return float(y[shown].mean())


def report(records: list[dict], weights: np.ndarray) -> str:
    """A table of the product of the probabilities (before) and of the fitted confidence (after) on these records."""
    x, y = features(records), outcomes(records)
    columns = (np.exp(x[:, 1]), sigmoid(x @ weights))
    rows = [("", "before", "after"), ("calibration error", *(f"{calibration_error(p, y):.4f}" for p in columns)),
            ("Brier score", *(f"{brier(p, y):.4f}" for p in columns))]
    for share in SHARES:
        rows.append((f"precision, {share:.0%} shown", *(f"{precision_at(p, y, share):.1%}" for p in columns)))
    return "\n".join(f"{name:<22}{before:>9}{after:>9}" for name, before, after in rows)


def require_enough(half: list[dict]) -> None:
    right = int(outcomes(half).sum()) if half else 0
    if min(right, len(half) - right) < FEWEST:
        raise ValueError(f"{right} right and {len(half) - right} wrong records in one half: at least {FEWEST} of each are needed; evaluate more tasks")


def write(model: Path, weights: np.ndarray) -> None:
    gguf.amend(model, {KEY: gguf.Typed(gguf.ARRAY, [float(w) for w in weights], gguf.FLOAT32)}, {})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("records", type=Path)
    parser.add_argument("--model", type=Path)
    arguments = parser.parse_args()
    try:
        training, test = halves(load(arguments.records))
        require_enough(training)
        require_enough(test)
    except ValueError as error:
        sys.exit(str(error))
    weights = fit(features(training), outcomes(training))
    print(f"{len(training)} records fitted, {len(test)} others tested, of which {outcomes(test).mean():.1%} are right")
    print(report(test, weights))
    print("bias, sum, min, count:", ", ".join(f"{w:.4f}" for w in weights))
    if arguments.model:
        write(arguments.model, weights)
        print(f"{arguments.model}: {KEY} written")


if __name__ == "__main__":
    main()
