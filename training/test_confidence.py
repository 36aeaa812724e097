"""Checks of the calibration on records whose true weights are known.

    python3 -m unittest training.test_confidence
"""

import contextlib
import io
import json
import math
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import numpy as np

from . import confidence, gguf

TRUE = np.array([1.5, 0.8, -0.4, -0.7])


def synthetic(count: int, seed: int = 1, weights: np.ndarray = TRUE) -> list[dict]:
    """Suggestions of 1 to 20 tokens, right with the probability that the weights give them."""
    generator = np.random.default_rng(seed)
    records = []
    for index in range(count):
        logs = np.log(generator.beta(3, 1, generator.integers(1, 21)))
        total, least = float(logs.sum()), float(logs.min())
        score = float(weights @ (1, total, least, math.log(len(logs))))
        records.append({"language": ("python", "typescript")[index % 2], "sumLogP": total, "minLogP": least, "tokens": len(logs),
                        "right": bool(generator.random() < 1 / (1 + math.exp(-score)))})
    return records


class Fit(unittest.TestCase):
    def test_the_true_weights_are_found(self) -> None:
        records = synthetic(60_000)
        x, y = confidence.features(records), confidence.outcomes(records)
        weights = confidence.fit(x, y)
        # The estimate's own standard error, from the curvature of the likelihood at the truth.
        p = confidence.sigmoid(x @ TRUE)
        error = np.sqrt(np.diag(np.linalg.inv((x * (p * (1 - p))[:, None]).T @ x)))
        self.assertTrue((np.abs(weights - TRUE) < 4 * error).all(), f"{weights} with errors {error}")

    def test_it_is_the_minimum(self) -> None:
        """The likelihood's gradient, ridge aside, is next to nothing there."""
        records = synthetic(5_000)
        x, y = confidence.features(records), confidence.outcomes(records)
        gradient = x.T @ (confidence.sigmoid(x @ confidence.fit(x, y)) - y)
        self.assertLess(np.abs(gradient).max() / len(x), 1e-3)

    def test_the_same_records_give_the_same_weights(self) -> None:
        x, y = confidence.features(synthetic(500)), confidence.outcomes(synthetic(500))
        self.assertTrue((confidence.fit(x, y) == confidence.fit(x, y)).all())

    def test_separable_and_constant_features_leave_finite_weights(self) -> None:
        x = np.array([[1.0, -score, -0.5, 0.0] for score in range(10)])
        weights = confidence.fit(x, (np.arange(10) < 5).astype(float))
        self.assertTrue(np.isfinite(weights).all())
        p = confidence.sigmoid(x @ weights)
        self.assertTrue((p[:5] > 0.5).all() and (p[5:] < 0.5).all())


class Figures(unittest.TestCase):
    def test_brier_score_and_calibration_error_by_hand(self) -> None:
        p, y = np.array([0.95, 0.95, 0.25, 0.25]), np.array([1.0, 0.0, 0.0, 1.0])
        self.assertAlmostEqual(confidence.brier(p, y), (0.05**2 + 0.95**2 + 0.25**2 + 0.75**2) / 4)
        # Each half of the records lies in one bin: |0.95 - 0.5| and |0.25 - 0.5|.
        self.assertAlmostEqual(confidence.calibration_error(p, y), (0.45 + 0.25) / 2)
        self.assertAlmostEqual(confidence.calibration_error(np.array([1.0, 0.0]), np.array([1.0, 0.0])), 0)

    def test_precision_is_of_the_most_confident(self) -> None:
        p, y = np.array([0.1, 0.9, 0.8, 0.3]), np.array([0.0, 1.0, 0.0, 1.0])
        self.assertEqual([confidence.precision_at(p, y, share) for share in (0.25, 0.5, 0.75, 1)], [1, 0.5, 2 / 3, 0.5])

    def test_calibrating_helps_on_the_other_half(self) -> None:
        first, second = confidence.halves(synthetic(8_000))
        weights = confidence.fit(confidence.features(first), confidence.outcomes(first))
        x, y = confidence.features(second), confidence.outcomes(second)
        before, after = np.exp(x[:, 1]), confidence.sigmoid(x @ weights)
        self.assertLess(confidence.calibration_error(after, y), confidence.calibration_error(before, y) / 2)
        self.assertLess(confidence.brier(after, y), confidence.brier(before, y))

    def test_the_halves_share_nothing_and_hold_every_language(self) -> None:
        records = [{"language": language, "index": index} for index in range(11) for language in ("go", "rust")]
        first, second = confidence.halves(records)
        self.assertEqual(sorted(first + second, key=str), sorted(records, key=str))
        for half in (first, second):
            self.assertEqual({record["language"] for record in half}, {"go", "rust"})


class Command(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.records, self.model = self.folder / "figures.json", self.folder / "m.gguf"
        values = np.arange(64, dtype=np.float32).reshape(2, 32)
        gguf.write(self.model, {"general.name": gguf.Typed(gguf.STRING, "m")}, {"a": (values, gguf.Q8_0)})

    def run_on(self, content: object) -> str:
        self.records.write_text(json.dumps(content))
        output = io.StringIO()
        arguments = ["confidence", str(self.records), "--model", str(self.model)]
        with mock.patch("sys.argv", arguments), contextlib.redirect_stdout(output):
            confidence.main()
        return output.getvalue()

    def test_the_weights_go_into_the_model_and_nothing_else_changes(self) -> None:
        before = gguf.read(self.model)
        self.assertIn("calibration error", self.run_on({"records": synthetic(2_000)}))
        metadata, tensors = gguf.read(self.model)
        weights = metadata.pop(confidence.KEY)
        self.assertEqual(gguf.read_raw(self.model)[0][confidence.KEY].item, gguf.FLOAT32)
        first, _ = confidence.halves(synthetic(2_000))
        expected = confidence.fit(confidence.features(first), confidence.outcomes(first))
        np.testing.assert_allclose(weights, expected, rtol=1e-6)
        self.assertEqual(metadata, before[0])
        np.testing.assert_array_equal(tensors["a"], before[1]["a"])

    def test_what_is_no_evaluation_is_refused_in_one_line(self) -> None:
        good = synthetic(2)[0]
        wrong = [[], {}, {"records": 3}, {"records": [{}]}, {"records": [{**good, "tokens": 0}]},
                 {"records": [{**good, "sumLogP": math.nan}]}, {"records": [{**good, "right": "yes"}]}]
        for content in wrong:
            with self.assertRaises(SystemExit) as refusal:
                self.run_on(content)
            self.assertRegex(str(refusal.exception), r"^[^\n]*figures\.json: no output of [^\n]*$")

    def test_too_few_records_are_refused(self) -> None:
        for content in ({"records": []}, {"records": synthetic(30)}):
            with self.assertRaisesRegex(SystemExit, "at least 20 of each"):
                self.run_on(content)


if __name__ == "__main__":
    unittest.main()
