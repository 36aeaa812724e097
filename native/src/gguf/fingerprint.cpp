#include "gguf/fingerprint.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <vector>

#include "error.h"

namespace hotset {
namespace {

constexpr std::uint64_t kSamples = 64;
constexpr std::uint64_t kSampleBytes = 64ULL << 10U;

/// Continues `hash` over `length` bytes from `begin` on.
std::uint64_t hash_range(std::istream& stream, std::uint64_t begin, std::uint64_t length,
                         std::uint64_t hash) {
  std::vector<std::byte> buffer(static_cast<std::size_t>(std::min(length, kSampleBytes)));
  stream.seekg(static_cast<std::streamoff>(begin));
  while (length > 0 && stream) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(length, buffer.size()));
    stream.read(reinterpret_cast<char*>(buffer.data()), static_cast<std::streamsize>(count));
    hash = fnv1a(std::span(buffer).first(count), hash);
    length -= count;
  }
  return hash;
}

std::uint64_t hash_number(std::uint64_t number, std::uint64_t hash) {
  return fnv1a(std::as_bytes(std::span(&number, 1)), hash);
}

std::uint64_t end_of_header(const ModelFile& model) {
  std::uint64_t end = model.size_bytes;
  for (const auto& [name, tensor] : model.tensors) end = std::min(end, tensor.offset);
  return end;
}

}  // namespace

std::uint64_t fnv1a(std::span<const std::byte> bytes, std::uint64_t hash) {
  constexpr std::uint64_t kPrime = 0x100000001B3ULL;
  for (const std::byte byte : bytes) hash = (hash ^ std::to_integer<std::uint64_t>(byte)) * kPrime;
  return hash;
}

std::uint64_t sample_hash(std::istream& stream, std::uint64_t begin, std::uint64_t end) {
  const std::uint64_t length = end - begin;
  std::uint64_t hash = hash_number(length, fnv1a({}));
  if (length <= kSamples * kSampleBytes) return hash_range(stream, begin, length, hash);
  for (std::uint64_t i = 0; i < kSamples; ++i) {
    // The first sample begins at the beginning, the last one ends at the end.
    const std::uint64_t offset = (length - kSampleBytes) * i / (kSamples - 1);
    hash = hash_range(stream, begin + offset, kSampleBytes, hash);
  }
  return hash;
}

std::string hexadecimal(std::uint64_t hash) {
  std::array<char, 17> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(hash));
  return digits.data();
}

std::string model_fingerprint(const ModelFile& model) {
  std::ifstream stream(model.path, std::ios::binary);
  const std::uint64_t header = end_of_header(model);
  std::uint64_t hash = hash_range(stream, 0, header, fnv1a({}));
  hash = hash_number(model.size_bytes, hash);
  hash = hash_number(sample_hash(stream, header, model.size_bytes), hash);
  if (!stream)
    throw Error(ErrorKind::kBadInput, model.path.string() + ": cannot be read; check its permissions");
  return hexadecimal(hash);
}

}  // namespace hotset
