// Several files in one input: each with its length in front.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gguf_image.h"

namespace hotset::fuzz {

/// At most `most`; the last one ends where the input does.
std::vector<Bytes> parts_of(std::span<const std::uint8_t> input, std::size_t most);

Bytes joined(const std::vector<Bytes>& parts);

}  // namespace hotset::fuzz
