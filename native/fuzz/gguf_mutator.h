// Breaks GGUFs one field at a time.
#pragma once

#include <cstdint>
#include <random>

#include "gguf_image.h"

namespace hotset::fuzz {

using Chance = std::minstd_rand;

/// Changes one to four fields: keys, their types and values, tensors' names, types, shapes and places, data.
void break_fields(GgufImage& image, Chance& chance);

/// The same for a file: bytes that are no GGUF change anyhow. The result has at most `longest` bytes.
Bytes broken(std::span<const std::uint8_t> bytes, std::size_t longest, Chance& chance);

/// A file with keys and tensors of both.
Bytes crossed(std::span<const std::uint8_t> one, std::span<const std::uint8_t> other, std::size_t longest,
              Chance& chance);

}  // namespace hotset::fuzz
