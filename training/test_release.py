"""What a release is put together from: the training log, sampled text, stages that go on, the card.

    python3 -m unittest training.test_release
"""

import argparse
import contextlib
import io
import json
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from . import card, release, sample_text, sparsity_cost, trainlog

LOG = """10:00:00 step 0 tokens 0.00M start: {'run': 'x'}
10:00:10 step 100 tokens 0.90M loss 3.100 rate x1.00 penalty x1.00 6000 tokens/s
10:00:20 step 110 tokens 1.05M loss 3.000 rate x1.00 penalty x1.00 6000 tokens/s
10:00:25 step 110 tokens 1.10M validation: python exact 1/100 middle 3.000; go exact 2/50 middle 2.000; activity % 10.0 30.0
10:01:00 step 200 tokens 2.10M loss 2.500 rate x1.00 penalty x1.00 6000 tokens/s
10:02:00 step 300 tokens 3.00M loss 2.400 rate x0.01 penalty x1.00 6000 tokens/s
10:02:00 step 300 tokens 3.00M end: python exact 4/100 middle 2.400; go exact 2/50 middle 1.800; activity % 8.0 12.0
"""


class TrainingLog(unittest.TestCase):
    def rows(self, text: str) -> list[dict]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "run.log"
            path.write_text(text)
            return trainlog.doublings(path)

    def test_a_row_for_each_doubling_and_the_end(self) -> None:
        first, second, last = self.rows(LOG)
        self.assertEqual((first["tokens"], first["loss"]), (1_050_000, 3.0))
        self.assertEqual((first["exact"], first["tasks"], first["middle_loss"]), (3, 150, 2.5))
        self.assertAlmostEqual(first["activity"], 0.2)
        self.assertEqual(second, {"tokens": 2_100_000, "loss": 2.5})
        self.assertEqual((last["tokens"], last["loss"], last["exact"]), (3_000_000, 2.4, 6))

    def test_an_empty_log_has_no_rows(self) -> None:
        self.assertEqual(self.rows(""), [])


class SampledText(unittest.TestCase):
    def test_files_by_language_the_same_every_time(self) -> None:
        def document(language: str, number: int, length: int) -> str:
            return json.dumps({"language": language, "package": "p", "path": f"{number}", "text": f"{number} " * length})

        lines = [document("python", n, 600) for n in range(300)] + [document("go", n, 600) for n in range(5)] + [document("go", 9, 1)]
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(sample_text, "FILES", 20):
            corpus = Path(folder) / "corpus.jsonl"
            corpus.write_text("\n".join(lines))
            characters = sample_text.write_sample(corpus, Path(folder) / "one")
            sample_text.write_sample(corpus, Path(folder) / "two")
            one, two = ({file.name: file.read_text() for file in sorted((Path(folder) / name / "python").iterdir())} for name in ("one", "two"))
            go = list((Path(folder) / "one" / "go").iterdir())
        self.assertEqual(len(one), 20)
        self.assertEqual(one, two)
        self.assertGreater(len({int(text.split()[0]) // 100 for text in one.values()}), 1)
        self.assertEqual(len(go), 5)
        self.assertEqual(list(characters), ["python", "go"])


class Stages(unittest.TestCase):
    def test_a_release_goes_on_where_it_was_broken_off(self) -> None:
        ran: list[str] = []
        fails = True

        class Scripted:
            shows_progress = mock.Mock()

            def key(self) -> str:
                return self.checkpoint

            def groups(self) -> list:
                return [[self.first, self.beside], [self.second]]

            def first(self) -> None:
                ran.append("first")

            def beside(self) -> None:
                ran.append("beside")

            def second(self) -> None:
                if fails:
                    raise SystemExit("broken off")
                ran.append("second")

        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):
            scripted = Scripted()
            scripted.folder, scripted.checkpoint = Path(folder), "one"
            with self.assertRaises(SystemExit):
                release.perform(scripted)
            fails = False
            release.perform(scripted)
            self.assertEqual(sorted(ran), ["beside", "first", "second"])
            ran.clear()
            release.perform(scripted)
            self.assertEqual(ran, [])
            scripted.checkpoint = "another"
            release.perform(scripted)
        self.assertEqual(sorted(ran), ["beside", "first", "second"])

    def test_a_command_that_fails_names_its_stage(self) -> None:
        arguments = argparse.Namespace(run="r", name="n", type="f16", heldout=[], humaneval=None, hardware="", watts=1, earlier_tokens=0, earlier_hours=0)
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(release, "work_directory", return_value=Path(folder)):
            with mock.patch.object(release, "CLI", Path(folder) / "none.cjs"), self.assertRaisesRegex(SystemExit, "stage speed"):
                release.Release(arguments).speed()


class Publishing(unittest.TestCase):
    def test_every_time_it_takes_up_what_was_measured_since(self) -> None:
        arguments = argparse.Namespace(run="r", name="n", type="f16", heldout=[], humaneval=None, hardware="", watts=1, earlier_tokens=0, earlier_hours=0)
        cost = {"tokens": 1, "branches": []}
        with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, HOTSET_TRAINING=folder):
            made = release.Release(arguments)
            for stage in (made.speed, made.publish):
                release.marker(made, stage).write_text("key")
            self.assertEqual([release.is_done(made, stage, "key") for stage in (made.speed, made.publish)], [True, False])
            with mock.patch.object(card, "condensed", side_effect=lambda _, run: run):
                self.assertIsNone(made.figures()["sparsityCost"])
                sparsity_cost.result_file().write_text(json.dumps(cost))
                self.assertEqual(made.figures()["sparsityCost"], cost)


class Card(unittest.TestCase):
    @unittest.skipUnless(card.FIGURES.exists(), "no release was made yet")
    def test_every_number_of_the_shipped_card_comes_from_the_figures(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            again = Path(folder) / "README.md"
            card.write(json.loads(card.FIGURES.read_text()), again)
            self.assertEqual(again.read_text(), card.CARD.read_text(), "run python3 -m training.card")

    def test_samples_are_the_first_of_each_language_right_and_wrong(self) -> None:
        records = [{"language": language, "right": number % 3 == 0, "before": "", "wanted": "", "written": f"{language}{number}"}
                   for language in ("go", "c") for number in range(12)]
        self.assertEqual([s["written"] for s in card.samples(records)], ["c0", "c3", "c1", "c2", "go0", "go3", "go1", "go2"])

    def test_code_in_a_cell(self) -> None:
        self.assertEqual(card.code("a | b\nc"), "`a \\| b⏎c`")
        self.assertEqual(card.code("a `b`"), "`` a `b` ``")
        self.assertEqual(card.code("  "), "(nothing)")


if __name__ == "__main__":
    unittest.main()
