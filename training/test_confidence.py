"""Checks of what is written into a model's file.

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

WEIGHTS = [1.5, 0.75, -0.5, -0.25]


class Command(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.weights, self.model = Path(folder.name) / "weights.json", Path(folder.name) / "m.gguf"
        values = np.arange(64, dtype=np.float32).reshape(2, 32)
        gguf.write(self.model, {"general.name": gguf.Typed(gguf.STRING, "m")}, {"a": (values, gguf.Q8_0)})

    def run_on(self, content: object) -> None:
        self.weights.write_text(json.dumps(content))
        with mock.patch("sys.argv", ["confidence", str(self.weights), str(self.model)]), contextlib.redirect_stdout(io.StringIO()):
            confidence.main()

    def test_the_weights_go_into_the_model_and_nothing_else_changes(self) -> None:
        before = gguf.read(self.model)
        self.run_on({"model": "m", "weights": WEIGHTS})
        metadata, tensors = gguf.read(self.model)
        self.assertEqual(metadata.pop(confidence.KEY), WEIGHTS)
        self.assertEqual(gguf.read_raw(self.model)[0][confidence.KEY].item, gguf.FLOAT32)
        self.assertEqual(metadata, before[0])
        np.testing.assert_array_equal(tensors["a"], before[1]["a"])

    def test_what_is_no_fit_is_refused_in_one_line(self) -> None:
        for content in [[], {}, {"weights": 3}, {"weights": WEIGHTS[:3]}, {"weights": [math.nan, 0, 0, 0]}, {"weights": ["a", 0, 0, 0]}]:
            with self.assertRaises(SystemExit) as refusal:
                self.run_on(content)
            self.assertRegex(str(refusal.exception), r"^[^\n]*weights\.json: no output of [^\n]*$")


if __name__ == "__main__":
    unittest.main()
