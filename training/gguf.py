"""A small GGUF writer and reader: what export, profile and reference need, and no more."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, BinaryIO, Union

import numpy as np

ALIGNMENT = 32
F32, F16, Q8_0 = 0, 1, 8
# Value types of metadata, by their number in the file.
U8, I8, U16, I16, U32, I32, FLOAT32, BOOL, STRING, ARRAY, U64, I64, FLOAT64 = range(13)
FORMATS = {U8: "B", I8: "b", U16: "H", I16: "h", U32: "I", I32: "i", FLOAT32: "f", BOOL: "?", U64: "Q", I64: "q", FLOAT64: "d"}
BLOCK = 32  # weights that share a scale in Q8_0


class Typed:
    """A metadata value with the number of its type; arrays name the type of their items."""

    def __init__(self, kind: int, value: Any, item: int = -1) -> None:
        self.kind, self.value, self.item = kind, value, item


def pack_string(text: Union[str, bytes]) -> bytes:
    data = text.encode() if isinstance(text, str) else text
    return struct.pack("<Q", len(data)) + data


def pack_value(kind: int, value: Any) -> bytes:
    return pack_string(value) if kind == STRING else struct.pack("<" + FORMATS[kind], value)


def pack(entry: Typed) -> bytes:
    if entry.kind != ARRAY:
        return struct.pack("<I", entry.kind) + pack_value(entry.kind, entry.value)
    items = b"".join(pack_value(entry.item, item) for item in entry.value)
    return struct.pack("<IIQ", ARRAY, entry.item, len(entry.value)) + items


def quantise_q8_0(weights: np.ndarray) -> bytes:
    """Blocks of 32 weights: a float16 scale and 32 int8, as ggml rounds them."""
    blocks = weights.astype(np.float32).reshape(-1, BLOCK)
    scale = np.abs(blocks).max(1, keepdims=True) / 127
    inverse = np.divide(1, scale, out=np.zeros_like(scale), where=scale > 0)
    scaled = blocks * inverse
    quantised = (np.sign(scaled) * np.floor(np.abs(scaled) + 0.5)).astype(np.int8)  # halves away from zero, like roundf
    packed = np.empty(len(blocks), dtype=[("scale", "<f2"), ("weights", "i1", BLOCK)])
    packed["scale"], packed["weights"] = scale[:, 0].astype(np.float16), quantised
    return packed.tobytes()


def encode(tensor: np.ndarray, kind: int) -> bytes:
    if kind == Q8_0:
        return quantise_q8_0(tensor)
    return np.ascontiguousarray(tensor, dtype="<f4" if kind == F32 else "<f2").tobytes()


def padding(size: int) -> bytes:
    return b"\0" * (-size % ALIGNMENT)


def write(path: Path, metadata: dict[str, Typed], tensors: dict[str, tuple[np.ndarray, int]]) -> None:
    """tensors: name -> (array in row-major order, ggml type). GGUF lists dimensions innermost first."""
    header = struct.pack("<4sIQQ", b"GGUF", 3, len(tensors), len(metadata))
    header += b"".join(pack_string(key) + pack(value) for key, value in metadata.items())
    data, offset = [], 0
    for name, (array, kind) in tensors.items():
        header += pack_string(name) + struct.pack("<I", array.ndim) + struct.pack(f"<{array.ndim}Q", *reversed(array.shape))
        header += struct.pack("<IQ", kind, offset)
        encoded = encode(array, kind)
        data.append(encoded + padding(len(encoded)))
        offset += len(data[-1])
    path.write_bytes(header + padding(len(header)) + b"".join(data))


def unpack(file: BinaryIO, format: str) -> Any:
    return struct.unpack("<" + format, file.read(struct.calcsize("<" + format)))[0]


def unpack_value(file: BinaryIO, kind: int) -> Any:
    if kind == STRING:
        return file.read(unpack(file, "Q")).decode("utf-8", "replace")
    if kind == ARRAY:
        item, count = unpack(file, "I"), unpack(file, "Q")
        return [unpack_value(file, item) for _ in range(count)]
    return unpack(file, FORMATS[kind])


def decode(file: BinaryIO, shape: tuple[int, ...], kind: int, name: str) -> np.ndarray:
    """float32, whatever the file holds."""
    count = int(np.prod(shape))
    if kind in (F32, F16):
        width = 4 if kind == F32 else 2
        return np.frombuffer(file.read(count * width), "<f4" if kind == F32 else "<f2").astype(np.float32).reshape(shape)
    if kind == Q8_0:
        blocks = np.frombuffer(file.read(count // BLOCK * 34), dtype=[("scale", "<f2"), ("weights", "i1", BLOCK)])
        return (blocks["weights"] * blocks["scale"].astype(np.float32)[:, None]).reshape(shape)
    raise ValueError(f"{name}: tensor type {kind} is not F32, F16 or Q8_0")


def read(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Metadata and all tensors, the latter as float32 in row-major order."""
    with open(path, "rb") as file:
        if file.read(4) != b"GGUF" or unpack(file, "I") != 3:
            raise ValueError(f"{path}: not a GGUF file of version 3")
        tensor_count, key_count = unpack(file, "Q"), unpack(file, "Q")
        metadata = {}
        for _ in range(key_count):
            key = unpack_value(file, STRING)
            metadata[key] = unpack_value(file, unpack(file, "I"))
        infos = []
        for _ in range(tensor_count):
            name = unpack_value(file, STRING)
            shape = [unpack(file, "Q") for _ in range(unpack(file, "I"))]
            infos.append((name, tuple(reversed(shape)), unpack(file, "I"), unpack(file, "Q")))
        alignment = metadata.get("general.alignment", ALIGNMENT)
        start = -(-file.tell() // alignment) * alignment
        tensors = {}
        for name, shape, kind, offset in infos:
            file.seek(start + offset)
            tensors[name] = decode(file, shape, kind, name)
    return metadata, tensors
