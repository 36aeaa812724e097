"""What sparsity costs, at toy size: branches that are broken off, branches of other sources, the card's figures.

    python3 -m unittest training.test_sparsity_cost
"""

import contextlib
import io
import json
import os
import sys
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path
from unittest import mock

from . import card, fim, machine, sparsity_cost, tokenizer
from .paths import checkpoint_file, corpus_file
from .shapes import SHAPES
from .test_full_size import write_corpus
from .tiny import weights_hash
from .train import Run

SHAPE = replace(SHAPES["toy"], context=1024)  # bits per byte are counted over so much
STEPS, STRONG = 12, 1.0


class BrokenOff(Exception):
    pass


class Branches(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        machine.prepare(threads=1)
        folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        for patch in (mock.patch.dict(os.environ, HOTSET_TRAINING=folder), mock.patch.object(sparsity_cost, "TOKENS_PER_STEP", 1024),
                      mock.patch.object(sparsity_cost, "SAVE_STEPS", 4), mock.patch.object(sparsity_cost, "WINDOWS", 2)):
            cls.enterClassContext(patch)
        write_corpus()
        tokenizer.train(SHAPE.vocabulary)
        cls.documents = fim.Documents(corpus_file("train"))

    def source(self, seed: int) -> Path:
        path = checkpoint_file(f"source-{seed}")
        if not path.exists():
            Run(seed, shape=SHAPE, **sparsity_cost.RATES).save(path)
        return path

    def branch(self, source: Path, penalty: float = 0.0, steps: int = STEPS, ends_after: int = sys.maxsize) -> tuple[Run, str]:
        """The branch and what was said. ends_after: steps until it is broken off."""
        said, advance = io.StringIO(), Run.advance

        def limited(run: Run, *arguments: object) -> object:
            nonlocal ends_after
            ends_after -= 1
            if ends_after < 0:
                raise BrokenOff
            return advance(run, *arguments)

        with contextlib.redirect_stdout(said), mock.patch.object(Run, "advance", limited):
            run = sparsity_cost.train_branch(source, penalty, steps, self.documents)
        return run, said.getvalue()

    def test_a_branch_broken_off_goes_on_where_it_was(self) -> None:
        whole, said = self.branch(self.source(1))
        self.assertIn("begins at 0 of 12 steps", said)
        own = sparsity_cost.branch_file(self.source(1), 0.0, STEPS)
        own.unlink()
        with self.assertRaises(BrokenOff):
            self.branch(self.source(1), ends_after=6)
        resumed, said = self.branch(self.source(1), ends_after=STEPS - 4)
        self.assertIn("goes on after 4 of 12 steps", said)
        self.assertEqual(weights_hash(resumed), weights_hash(whole))
        finished, _ = self.branch(self.source(1), ends_after=0)
        self.assertEqual(weights_hash(finished), weights_hash(whole))

    def test_a_branch_of_another_source_or_length_is_another(self) -> None:
        self.branch(self.source(2), steps=2)
        for source, steps in ((self.source(3), 2), (self.source(2), 3)):
            run, said = self.branch(source, steps=steps)
            self.assertIn(f"begins at 0 of {steps} steps", said)
            self.assertEqual(run.step, steps)

    def test_the_penalty_lowers_activity_and_the_card_prints_what_that_costs(self) -> None:
        arguments = ["sparsity_cost", "--checkpoint", str(self.source(1)), "--penalties", "0", str(STRONG), "--steps", str(STEPS)]
        with mock.patch.object(sys, "argv", arguments), contextlib.redirect_stdout(io.StringIO()), mock.patch.object(machine, "prepare"):
            sparsity_cost.main()
        result = json.loads(sparsity_cost.result_file().read_text())
        without, strong = result["branches"]
        self.assertEqual((result["tokens"], without["penalty"], strong["penalty"]), (1024 * STEPS, 0, STRONG))
        self.assertLess(strong["activity"], 0.9 * without["activity"])
        text = card.sparsity_section({"sparsityCost": result})
        for branch in (without, strong):
            for bits in branch["bitsPerByte"].values():
                self.assertIn(f" {bits:.3f} ", text)
            self.assertIn(f" {100 * branch['activity']:.1f}% ", text)


class Command(unittest.TestCase):
    def refusal(self, *arguments: str) -> str:
        said = io.StringIO()
        with mock.patch.object(sys, "argv", ["sparsity_cost", *arguments]), contextlib.redirect_stderr(said), self.assertRaises(SystemExit):
            sparsity_cost.main()
        return said.getvalue()

    def test_bad_input_is_told_in_a_line(self) -> None:
        self.assertIn("none.pt is no file: train first", self.refusal("--checkpoint", "none.pt"))
        for wrong in (["--steps", "0"], ["--penalties", "-1"]):
            self.assertIn("--steps must be 1 or more", self.refusal("--checkpoint", __file__, *wrong))


class Card(unittest.TestCase):
    def test_the_difference_is_against_the_branch_without_penalty(self) -> None:
        def branch(penalty: float, bits: float, activity: float) -> dict:
            return {"penalty": penalty, "bitsPerByte": {"python": bits}, "mean": bits, "activity": activity}

        text = card.sparsity_section({"sparsityCost": {"tokens": 2_621_440, "branches": [branch(0.01, 1.02, 0.06), branch(0.0, 1.0, 0.12)]}})
        self.assertIn("2.6 M tokens", text)
        self.assertIn("|  | no penalty | penalty 0.01 | difference |", text)
        self.assertIn("| Python, bits per byte | 1.000 | 1.020 | +2.00% |", text)
        self.assertIn("| activity | 12.0% | 6.0% | -50.00% |", text)

    def test_without_a_result_the_card_says_so(self) -> None:
        self.assertIn("not measured", card.sparsity_section({"sparsityCost": None}))
        self.assertEqual(card.sparsity_section({}), "")


if __name__ == "__main__":
    unittest.main()
