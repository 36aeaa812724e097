"""The tokenizer: SentencePiece BPE with byte fallback, made for code, in the form llama.cpp reads from a GGUF.

    python3 -m training.tokenizer [--vocabulary 4096]   trains it on the corpus, prints characters per token by language
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from typing import Iterator

import sentencepiece

from .paths import corpus_file, tokenizer_file

VOCABULARY = 4096
UNKNOWN, BOS, EOS, PRE, SUF, MID, EOT = range(7)
# Line feed and tab are pieces of their own: a completion can then end exactly at a line's end.
WHITESPACE_PIECES = ["\n", "\t"]
SAMPLE_BYTES = 24_000_000


def sample_of_corpus(seed: int = 1) -> Iterator[str]:
    """Random pieces of at most 4,000 characters, other languages than Python and TypeScript/JavaScript thinned out."""
    generator = random.Random(seed)
    with open(corpus_file("train")) as file:
        documents = [json.loads(line) for line in file]
    generator.shuffle(documents)
    budget = SAMPLE_BYTES
    for document in documents:
        if document["language"] not in ("python", "typescript", "javascript") and generator.random() < 0.5:
            continue
        text = document["text"][:16_000]
        for start in range(0, len(text), 4_000):
            yield text[start : start + 4_000]
        budget -= len(text)
        if budget < 0:
            return


def train(vocabulary: int = VOCABULARY) -> None:
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=sample_of_corpus(), model_prefix=str(tokenizer_file().with_suffix("")), model_type="bpe",
        vocab_size=vocabulary, byte_fallback=True, normalization_rule_name="identity", add_dummy_prefix=False,
        remove_extra_whitespaces=False, allow_whitespace_only_pieces=True, split_digits=True, character_coverage=0.9995,
        max_sentence_length=20_000, max_sentencepiece_length=16, num_threads=2, unk_id=UNKNOWN, bos_id=BOS, eos_id=EOS,
        control_symbols=["<PRE>", "<SUF>", "<MID>", "<EOT>"], user_defined_symbols=WHITESPACE_PIECES, minloglevel=1,
    )


def load() -> sentencepiece.SentencePieceProcessor:
    processor = sentencepiece.SentencePieceProcessor(model_file=str(tokenizer_file()))
    assert [processor.id_to_piece(i) for i in (BOS, EOS, PRE, SUF, MID, EOT)] == ["<s>", "</s>", "<PRE>", "<SUF>", "<MID>", "<EOT>"]
    return processor


def characters_per_token() -> dict[str, float]:
    """By language, over the held-out packages."""
    processor, characters, tokens = load(), Counter(), Counter()
    for document in map(json.loads, open(corpus_file("heldout"))):
        characters[document["language"]] += len(document["text"])
        tokens[document["language"]] += len(processor.encode(document["text"]))
    return {language: characters[language] / tokens[language] for language in characters}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vocabulary", type=int, default=VOCABULARY, help="number of pieces, that of the shape to be trained")
    train(parser.parse_args().vocabulary)
    for name, value in characters_per_token().items():
        print(f"{name}: {value:.2f} characters per token")
