// Whether a file is the one that another was made for. A hash over all of a model takes longer than loading
// it, so only samples are looked at.
#pragma once

#include <cstdint>
#include <istream>
#include <span>
#include <string>

#include "gguf/model_file.h"

namespace hotset {

/// 64-bit FNV-1a (Fowler, Noll, Vo), continued from `hash`.
std::uint64_t fnv1a(std::span<const std::byte> bytes, std::uint64_t hash = 0xCBF29CE484222325ULL);

/// Hash over 64 samples of 64 KiB, evenly spread over the bytes from `begin` to `end`, and over all of them
/// where they are fewer. Sets the stream's error state where they cannot be read.
std::uint64_t sample_hash(std::istream& stream, std::uint64_t begin, std::uint64_t end);

/// 16 hexadecimal digits.
std::string hexadecimal(std::uint64_t hash);

/// Of a model: its header, its size and samples of its weights, as 16 hexadecimal digits. Two models of one
/// shape differ in their weights, a converted one in its header. No protection against forgery. Throws Error
/// kBadInput where the file cannot be read.
std::string model_fingerprint(const ModelFile& model);

}  // namespace hotset
