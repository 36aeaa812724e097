"""Write a checkpoint as a GGUF that llama.cpp's loader and Hotset's engine read.

    python3 -m training.export_gguf [--run RUN] [--type f16|q8_0] [--output FILE]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from sentencepiece import SentencePieceProcessor

from .gguf import ARRAY, BOOL, F16, F32, FLOAT32, I32, Q8_0, STRING, U32, Typed, write
from .paths import MODEL_NAME, MODELS, checkpoint_file, tokenizer_file
from .shapes import Shape
from .tokenizer import BOS, EOS, EOT, MID, PRE, SUF, UNKNOWN, WHITESPACE_PIECES, load

TYPES = {"f16": (F16, 1), "q8_0": (Q8_0, 7)}  # ggml type of the matrices, general.file_type
NORMAL, UNKNOWN_TYPE, CONTROL, USER_DEFINED, BYTE = 1, 2, 3, 4, 6  # token types of GGUF


def token_type(tokenizer: SentencePieceProcessor, token: int) -> int:
    if tokenizer.is_unknown(token):
        return UNKNOWN_TYPE
    if tokenizer.is_control(token):
        return CONTROL
    if tokenizer.is_byte(token):
        return BYTE
    return USER_DEFINED if tokenizer.id_to_piece(token) in WHITESPACE_PIECES else NORMAL


def tokenizer_metadata(tokenizer: SentencePieceProcessor) -> dict[str, Typed]:
    tokens = range(tokenizer.vocab_size())
    return {
        "tokenizer.ggml.model": Typed(STRING, "llama"),
        "tokenizer.ggml.pre": Typed(STRING, "default"),
        "tokenizer.ggml.tokens": Typed(ARRAY, [tokenizer.id_to_piece(t) for t in tokens], STRING),
        "tokenizer.ggml.scores": Typed(ARRAY, [tokenizer.get_score(t) for t in tokens], FLOAT32),
        "tokenizer.ggml.token_type": Typed(ARRAY, [token_type(tokenizer, t) for t in tokens], I32),
        "tokenizer.ggml.bos_token_id": Typed(U32, BOS),
        "tokenizer.ggml.eos_token_id": Typed(U32, EOS),
        "tokenizer.ggml.unknown_token_id": Typed(U32, UNKNOWN),
        "tokenizer.ggml.eot_token_id": Typed(U32, EOT),
        "tokenizer.ggml.fim_pre_token_id": Typed(U32, PRE),
        "tokenizer.ggml.fim_suf_token_id": Typed(U32, SUF),
        "tokenizer.ggml.fim_mid_token_id": Typed(U32, MID),
        "tokenizer.ggml.add_bos_token": Typed(BOOL, True),
        "tokenizer.ggml.add_eos_token": Typed(BOOL, False),
        "tokenizer.ggml.add_space_prefix": Typed(BOOL, False),
        "tokenizer.ggml.remove_extra_whitespaces": Typed(BOOL, False),
    }


def shape_metadata(shape: Shape, name: str, file_type: int) -> dict[str, Typed]:
    return {
        "general.architecture": Typed(STRING, "llama"),
        "general.name": Typed(STRING, name),
        "general.license": Typed(STRING, "mit"),
        "general.file_type": Typed(U32, file_type),
        "general.quantization_version": Typed(U32, 2),
        "llama.context_length": Typed(U32, shape.context),
        "llama.embedding_length": Typed(U32, shape.width),
        "llama.block_count": Typed(U32, shape.layers),
        "llama.feed_forward_length": Typed(U32, shape.neurons),
        "llama.attention.head_count": Typed(U32, shape.heads),
        "llama.attention.head_count_kv": Typed(U32, shape.kv_heads),
        "llama.attention.key_length": Typed(U32, shape.head_width),
        "llama.attention.value_length": Typed(U32, shape.head_width),
        "llama.attention.layer_norm_rms_epsilon": Typed(FLOAT32, shape.norm_epsilon),
        "llama.rope.dimension_count": Typed(U32, shape.head_width),
        "llama.rope.freq_base": Typed(FLOAT32, shape.rope_base),
        "llama.vocab_size": Typed(U32, shape.vocabulary),
        "llama.hidden_activation": Typed(STRING, "drelu"),
        "hotset.fim.order": Typed(STRING, "spm"),
        "hotset.prompt.path": Typed(BOOL, True),
    }


def pairs_order(weights: np.ndarray, heads: int) -> np.ndarray:
    """Rows of each head from rotary halves (i, i + K/2) to the neighbouring pairs that llama.cpp's `llama` rotates."""
    rows, columns = weights.shape
    return weights.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


def tensors(shape: Shape, weights: dict[str, torch.Tensor], kind: int) -> dict[str, tuple[np.ndarray, int]]:
    ones = np.ones(shape.width, dtype=np.float32)  # trained without gains
    result = {"token_embd.weight": (weights["embedding"].numpy(), kind), "output_norm.weight": (ones, F32)}
    for layer in range(shape.layers):
        matrices = {
            "attn_q": pairs_order(weights["q"][layer].numpy(), shape.heads),
            "attn_k": pairs_order(weights["k"][layer].numpy(), shape.kv_heads),
            "attn_v": weights["v"][layer].numpy(), "attn_output": weights["output"][layer].numpy(),
            "ffn_gate": weights["gate"][layer].numpy(), "ffn_up": weights["up"][layer].numpy(), "ffn_down": weights["down"][layer].numpy(),
        }
        for norm in ("attn_norm", "ffn_norm"):
            result[f"blk.{layer}.{norm}.weight"] = (ones, F32)
        result.update({f"blk.{layer}.{name}.weight": (matrix, kind) for name, matrix in matrices.items()})
    return result


def export(path: Path, shape: Shape, weights: dict[str, torch.Tensor], type: str) -> None:
    """Write the weights of a Model as one GGUF, named after its file. type: one of TYPES."""
    tokenizer, (kind, file_type) = load(), TYPES[type]
    if tokenizer.vocab_size() != shape.vocabulary:
        raise SystemExit(f"{tokenizer_file()} has {tokenizer.vocab_size()} pieces, the model {shape.vocabulary}: bring the tokenizer it was trained with")
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, {**shape_metadata(shape, path.stem, file_type), **tokenizer_metadata(tokenizer)}, tensors(shape, weights, kind))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", default=MODEL_NAME)
    parser.add_argument("--type", choices=TYPES, default="f16")
    parser.add_argument("--output", type=Path, default=MODELS / f"{MODEL_NAME}.gguf")
    arguments = parser.parse_args()
    output, state = arguments.output, torch.load(checkpoint_file(arguments.run), map_location="cpu")
    export(output, Shape(**state["shape"]), state["model"], arguments.type)
    print(f"{output}: {output.stat().st_size / 1e6:.1f} MB, {state['tokens'] / 1e6:.1f} M tokens seen")


if __name__ == "__main__":
    main()
