"""A small GGUF writer and reader: what the other steps need, and no more."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Optional, Union

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


class Raw(NamedTuple):
    """A tensor as its file holds it: shape in row-major order, ggml type, bytes."""

    shape: tuple[int, ...]
    kind: int
    data: bytes


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
    """tensors: name -> (array in row-major order, ggml type)."""
    write_raw(path, metadata, {name: Raw(array.shape, kind, encode(array, kind)) for name, (array, kind) in tensors.items()})


def write_raw(path: Path, metadata: dict[str, Typed], tensors: dict[str, Raw]) -> None:
    """GGUF lists dimensions innermost first. An older file of the name is replaced only by a whole one."""
    header = struct.pack("<4sIQQ", b"GGUF", 3, len(tensors), len(metadata))
    header += b"".join(pack_string(key) + pack(value) for key, value in metadata.items())
    data, offset = [], 0
    for name, (shape, kind, encoded) in tensors.items():
        header += pack_string(name) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *reversed(shape))
        header += struct.pack("<IQ", kind, offset)
        data.append(encoded + padding(len(encoded)))
        offset += len(data[-1])
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(header + padding(len(header)) + b"".join(data))
    os.replace(partial, path)


def unpack(file: BinaryIO, format: str) -> Any:
    return struct.unpack("<" + format, file.read(struct.calcsize("<" + format)))[0]


def unpack_entry(file: BinaryIO) -> Typed:
    """Texts stay bytes: not all of a vocabulary's are UTF-8."""
    kind = unpack(file, "I")
    if kind != ARRAY:
        return Typed(kind, unpack_value(file, kind))
    item, count = unpack(file, "I"), unpack(file, "Q")
    return Typed(ARRAY, [unpack_value(file, item) for _ in range(count)], item)


def unpack_value(file: BinaryIO, kind: int) -> Any:
    return file.read(unpack(file, "Q")) if kind == STRING else unpack(file, FORMATS[kind])


def plain(value: Any) -> Any:
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def decode(tensor: Raw) -> np.ndarray:
    """float32, whatever the file holds."""
    if tensor.kind == Q8_0:
        blocks = np.frombuffer(tensor.data, dtype=[("scale", "<f2"), ("weights", "i1", BLOCK)])
        return (blocks["weights"] * blocks["scale"].astype(np.float32)[:, None]).reshape(tensor.shape)
    return np.frombuffer(tensor.data, "<f4" if tensor.kind == F32 else "<f2").astype(np.float32).reshape(tensor.shape)


def encoded_bytes(shape: tuple[int, ...], kind: int, name: str) -> int:
    if kind not in (F32, F16, Q8_0):
        raise ValueError(f"{name}: tensor type {kind} is not F32, F16 or Q8_0")
    count = int(np.prod(shape))
    return count // BLOCK * 34 if kind == Q8_0 else count * (4 if kind == F32 else 2)


def read(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Metadata and all tensors, the latter as float32 in row-major order."""
    metadata, tensors = read_raw(path)
    return {key: plain(entry.value) for key, entry in metadata.items()}, {name: decode(raw) for name, raw in tensors.items()}


def amend(path: Path, metadata: dict[str, Typed], tensors: dict[str, Raw], output: Optional[Path] = None) -> None:
    """Writes the file at path to output (path itself when left out) with these keys and tensors put in, in place of
    those of the same names; everything else stays byte for byte."""
    old_metadata, old_tensors = read_raw(path)
    write_raw(output or path, {**old_metadata, **metadata}, {**old_tensors, **tensors})


def read_raw(path: Path) -> tuple[dict[str, Typed], dict[str, Raw]]:
    """Metadata and all tensors, as write_raw() takes them."""
    with open(path, "rb") as file:
        if file.read(4) != b"GGUF" or unpack(file, "I") != 3:
            raise ValueError(f"{path}: not a GGUF file of version 3")
        tensor_count, key_count = unpack(file, "Q"), unpack(file, "Q")
        metadata = {}
        for _ in range(key_count):
            key = unpack_value(file, STRING).decode()
            metadata[key] = unpack_entry(file)
        infos = []
        for _ in range(tensor_count):
            name = unpack_value(file, STRING).decode()
            shape = [unpack(file, "Q") for _ in range(unpack(file, "I"))]
            infos.append((name, tuple(reversed(shape)), unpack(file, "I"), unpack(file, "Q")))
        given = metadata.pop("general.alignment", None)  # of this file; another one has its own
        alignment = given.value if given else ALIGNMENT
        start = -(-file.tell() // alignment) * alignment
        tensors = {}
        for name, shape, kind, offset in infos:
            file.seek(start + offset)
            tensors[name] = Raw(shape, kind, file.read(encoded_bytes(shape, kind, name)))
    return metadata, tensors
