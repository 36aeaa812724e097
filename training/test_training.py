"""Checks of the parts where a mistake would be silent: hand-written gradients, file formats, example building.

    python3 -m unittest training.test_training
"""

import json
import random
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch

from . import fim, gguf, optimiser, predictors
from .export_gguf import pairs_order, shape_metadata
from .import_gguf import halves_order, shape_of
from .machine import PRODUCT_TYPE
from .model import DRelu, Model, RmsNorm, Rotate, WeightedCrossEntropy, causal_mask, fused_attention, grouped_attention
from .shapes import SHAPES, Shape
from .tokenizer import BOS, EOT, MID, PRE, SUF

SMALL = Shape(layers=2, width=64, neurons=96, heads=4, kv_heads=2, context=32, vocabulary=128)


def gradients(function, *inputs: torch.Tensor) -> list[torch.Tensor]:
    """Of a fixed random projection of the function's output, in float32."""
    inputs = tuple(x.clone().requires_grad_() for x in inputs)
    output = function(*inputs).float()
    projection = torch.randn(output.shape, generator=torch.Generator().manual_seed(5))
    return list(torch.autograd.grad((output * projection).sum(), inputs))


class Characters:
    """A stand-in tokenizer: one token per character, so that positions can be checked by eye."""

    def encode(self, text: str) -> list[int]:
        return [ord(c) + 100 for c in text]


class HandWrittenGradients(unittest.TestCase):
    def close(self, ours: list[torch.Tensor], expected: list[torch.Tensor], tolerance: float = 0.02) -> None:
        for a, b in zip(ours, expected):
            self.assertLess((a - b).norm() / b.norm(), tolerance)

    def setUp(self) -> None:
        torch.manual_seed(0)

    def test_rms_norm(self) -> None:
        x = torch.randn(5, 64)
        self.close(gradients(lambda x: RmsNorm.apply(x, 1e-5), x),
                   gradients(lambda x: x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5), x))

    def test_drelu(self) -> None:
        x = torch.randn(7, 32)
        self.close(gradients(lambda x: DRelu.apply(x, None), x),
                   gradients(lambda x: x[:, :16].clamp_min(0) * x[:, 16:].clamp_min(0), x))

    def test_drelu_penalty_is_an_l1_term(self) -> None:
        x, penalty = torch.randn(7, 32), torch.rand(16)
        plain = lambda x: x[:, :16].clamp_min(0) * x[:, 16:].clamp_min(0)
        ours, without = gradients(lambda x: DRelu.apply(x, penalty), x)[0], gradients(plain, x)[0]
        leaf = x.clone().requires_grad_()
        term = torch.autograd.grad((plain(leaf) * penalty).sum(), leaf)[0]
        self.close([ours], [without + term])

    def test_rotation(self) -> None:
        model, x = Model(SMALL, 1), torch.randn(2, 8, 4, 16)
        cos, sin = model.cos[:8].float(), model.sin[:8].float()
        self.close(gradients(lambda x: Rotate.apply(x, cos, sin), x), gradients(lambda x: Rotate.turn(x, cos, sin), x))

    def test_cross_entropy(self) -> None:
        hidden, head = torch.randn(40, 16), torch.randn(50, 16)
        targets, weights = torch.randint(50, (40,)), torch.rand(40)
        ours = gradients(lambda h, e: WeightedCrossEntropy.apply(h.to(PRODUCT_TYPE), e.to(PRODUCT_TYPE), targets, weights), hidden, head)
        expected = gradients(lambda h, e: (torch.nn.functional.cross_entropy(h @ e.t(), targets, reduction="none") * weights).sum(), hidden, head)
        self.close(ours, expected)


class TheModel(unittest.TestCase):
    def test_the_future_is_not_seen(self) -> None:
        model = Model(SMALL, 1)
        torch.nn.init.normal_(model.output, std=0.1)
        torch.nn.init.normal_(model.down, std=0.1)
        tokens = torch.randint(SMALL.vocabulary, (1, 16))
        changed = tokens.clone()
        changed[0, 10] = (changed[0, 10] + 1) % SMALL.vocabulary
        before, after = model.logits(tokens), model.logits(changed)
        self.assertTrue(torch.equal(before[0, :10], after[0, :10]))
        self.assertFalse(torch.equal(before[0, 10:], after[0, 10:]))

    @unittest.skipUnless(hasattr(torch.nn.functional, "scaled_dot_product_attention"), "this PyTorch has no fused attention")
    def test_fused_attention_is_grouped_attention(self) -> None:
        torch.manual_seed(0)
        q, k, v = (torch.randn(2, 24, heads, 16) for heads in (4, 2, 2))
        grouped = grouped_attention(q, k, v, causal_mask(24, 2).float())
        self.assertLess((fused_attention(q, k, v) - grouped).norm() / grouped.norm(), 1e-5)

    def test_a_shape_counts_the_weights(self) -> None:
        self.assertEqual(SMALL.weights, sum(p.numel() for p in Model(SMALL, 1).parameters()))

    def test_muon_orthogonalises(self) -> None:
        for rows, columns in ((16, 48), (48, 16)):
            singular = torch.linalg.svdvals(optimiser.orthogonal(torch.randn(2, rows, columns)))
            self.assertTrue(((singular > 0.5) & (singular < 1.5)).all())


class Files(unittest.TestCase):
    def test_rows_return_from_pairs_order(self) -> None:
        weights = np.random.rand(64, 8)
        self.assertTrue((halves_order(pairs_order(weights, 4), 4) == weights).all())

    def test_a_shape_returns_from_a_file(self) -> None:
        for shape in SHAPES.values():
            with tempfile.TemporaryDirectory() as folder:
                gguf.write(Path(folder) / "t.gguf", shape_metadata(shape, "t", 1), {})
                self.assertEqual(shape_of(gguf.read(Path(folder) / "t.gguf")[0]), shape)

    def test_gguf_round_trip(self) -> None:
        values = np.random.randn(4, 64).astype(np.float32)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "t.gguf"
            gguf.write(path, {"a.text": gguf.Typed(gguf.STRING, "é\n"), "a.list": gguf.Typed(gguf.ARRAY, [1, -2], gguf.I32)},
                       {"exact": (values, gguf.F32), "half": (values, gguf.F16), "blocks": (values, gguf.Q8_0)})
            metadata, tensors = gguf.read(path)
        self.assertEqual(metadata, {"a.text": "é\n", "a.list": [1, -2]})
        self.assertTrue((tensors["exact"] == values).all())
        self.assertLess(np.abs(tensors["half"] - values).max(), 2e-3)
        self.assertLess(np.abs(tensors["blocks"] - values).max(), np.abs(values).max() / 127)


    def test_amending_keeps_the_rest_byte_for_byte(self) -> None:
        values = np.random.randn(4, 64).astype(np.float32)
        name = b"not UTF-8: \xff"
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "t.gguf"
            gguf.write(path, {"a.name": gguf.Typed(gguf.STRING, name), "a.old": gguf.Typed(gguf.U32, 1)},
                       {"blocks": (values, gguf.Q8_0), "half": (values, gguf.F16)})
            before = gguf.read_raw(path)
            gguf.amend(path, {"a.old": gguf.Typed(gguf.U32, 2), "a.new": gguf.Typed(gguf.FLOAT32, 0.5)},
                       {"more": gguf.Raw((2, 3), gguf.F32, gguf.encode(values[:2, :3], gguf.F32))})
            metadata, tensors = gguf.read_raw(path)
            changed = gguf.read(path)
        self.assertEqual({key: tensors[key] for key in before[1]}, before[1])
        self.assertEqual(metadata["a.name"].value, name)
        self.assertEqual((changed[0]["a.old"], changed[0]["a.new"]), (2, 0.5))
        self.assertTrue((changed[1]["more"] == values[:2, :3]).all())


    def test_predictors_go_into_the_file_of_the_model_they_fit(self) -> None:
        keys = {"llama.block_count": 1, "llama.embedding_length": 64, "llama.feed_forward_length": 96}
        text, number = (lambda value: gguf.Typed(gguf.STRING, value)), (lambda value: gguf.Typed(gguf.U32, value))
        trained = {"general.architecture": text("hotset.predictors"), "hotset.predictors.model_fingerprint": text("0"),
                   "hotset.predictor.threshold": gguf.Typed(gguf.ARRAY, [0.5], gguf.FLOAT32)}
        fc1, fc2 = np.random.randn(32, 64), np.random.randn(96, 32)
        with tempfile.TemporaryDirectory() as folder:
            model, beside = Path(folder) / "m.gguf", Path(folder) / "m.predictors.gguf"
            gguf.write(model, {key: number(value) for key, value in keys.items()}, {"a": (fc1, gguf.F16)})
            gguf.write(beside, trained, {"blk.0.fc1.weight": (fc1, gguf.Q8_0), "blk.0.fc2.weight": (fc2, gguf.Q8_0)})
            gguf.amend(model, *predictors.load(beside, model))
            metadata, tensors = gguf.read_raw(model)
            self.assertEqual(tensors["blk.0.fc2.weight"], gguf.read_raw(beside)[1]["blk.0.fc2.weight"])
            self.assertEqual(metadata["hotset.predictor.threshold"].value, [0.5])
            self.assertNotIn("hotset.predictors.model_fingerprint", metadata)
            gguf.write(model, {key: number(value + 1) for key, value in keys.items()}, {"a": (fc1, gguf.F16)})
            with self.assertRaisesRegex(ValueError, "layer 0 does not fit"):
                predictors.load(beside, model)
            with self.assertRaisesRegex(ValueError, "holds no predictors"):
                predictors.load(model, model)


class Examples(unittest.TestCase):
    text = "def add(a, b):\n    total = a + b\n    return total\n" * 4

    def test_a_cut_puts_together_again(self) -> None:
        for seed in range(200):
            parts = fim.cut(fim.Document("", self.text), 90, random.Random(seed))
            self.assertIn(parts.prefix + parts.middle + parts.suffix, self.text)

    def test_suffix_first_order(self) -> None:
        made = fim.suffix_first(fim.Cut("ab", "c", "de"), Characters(), 50)
        a, b, c, d, e = (ord(x) + 100 for x in "abcde")
        self.assertEqual(made.tokens, [BOS, PRE, SUF, d, e, MID, a, b, c, EOT])
        self.assertEqual(made.tokens[made.middle :], [c, EOT])
        self.assertEqual(made.weights, [0, 0, 0, 1, 1, 0, 1, 1, fim.MIDDLE_WEIGHT, fim.MIDDLE_WEIGHT])

    def test_the_path_stands_before_the_prefix_without_weight(self) -> None:
        made = fim.suffix_first(fim.Cut("ab", "c", "d", "x/y"), Characters(), 60)
        a, b, c, d, x, slash, y, line_feed = (ord(sign) + 100 for sign in "abcdx/y\n")
        self.assertEqual(made.tokens, [BOS, PRE, SUF, d, MID, x, slash, y, line_feed, a, b, c, EOT])
        self.assertEqual(made.weights, [0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1, fim.MIDDLE_WEIGHT, fim.MIDDLE_WEIGHT])
        self.assertEqual(fim.prefix_first(fim.Cut("ab", "c", "d", "x/y"), Characters(), 60).tokens, [BOS, PRE, a, b, SUF, d, MID, c, EOT])

    def test_a_prefix_is_trimmed_before_the_path(self) -> None:
        made = fim.suffix_first(fim.Cut("a" * 100, "c", "", "x/y"), Characters(), 40)
        self.assertEqual(len(made.tokens), 40)
        self.assertEqual(made.tokens[4:9], [ord(sign) + 100 for sign in "x/y\na"])

    def test_a_path_too_long_for_its_example_is_left_out(self) -> None:
        made = fim.suffix_first(fim.Cut("a" * 100, "c", "", "x" * 20), Characters(), 60)
        self.assertEqual(len(made.tokens), 60)
        self.assertNotIn(ord("x") + 100, made.tokens)

    def test_of_a_long_path_the_end_counts(self) -> None:
        written = "".join(chr(token - 100) for token in fim.header("one/" * 40 + "end.py", Characters(), 1000))
        self.assertEqual(written, "/" + "one/" * 28 + "end.py\n")
        self.assertLessEqual(len(written), fim.LONGEST_PATH + 1)

    def test_plain_text_follows_its_path(self) -> None:
        made = fim.plain(fim.Document("x", "ab"), Characters(), 60, random.Random(1))
        self.assertEqual(made.tokens[1:3], [ord("x") + 100, ord("\n") + 100])
        self.assertEqual(made.weights[:3], [0, 0, 0])
        self.assertEqual(set(made.weights[3:]), {1.0})

    def test_a_corpus_without_paths_still_loads(self) -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
            file.write(json.dumps({"language": "python", "text": self.text}) + "\n")
            file.flush()
            documents = fim.Documents(Path(file.name))
        self.assertEqual(documents.draw(random.Random(1)), fim.Document("", self.text))

    def test_a_batch_depends_on_its_seed_alone(self) -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
            file.write(json.dumps({"language": "python", "path": "a/b.py", "text": self.text}) + "\n")
            file.flush()
            documents = fim.Documents(Path(file.name))
        one, same, other = (fim.batch(documents, Characters(), 4, 256, seed) for seed in ("1:7", "1:7", "1:8"))
        for a, b in zip(one, same):
            self.assertTrue(torch.equal(a, b))
        self.assertFalse(torch.equal(one.inputs, other.inputs))

    def test_examples_keep_within_their_limit(self) -> None:
        for seed in range(100):
            parts = fim.cut(fim.Document("src/a_path_of_some_length.py", self.text), 90, random.Random(seed))
            for format in (fim.suffix_first, fim.prefix_first):
                self.assertLessEqual(len(format(parts, Characters(), 40).tokens), 40)


if __name__ == "__main__":
    unittest.main()
