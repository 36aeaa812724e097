#include "parts.h"

#include <algorithm>
#include <cstring>

namespace hotset::fuzz {

std::vector<Bytes> parts_of(std::span<const std::uint8_t> input, std::size_t most) {
  std::vector<Bytes> parts;
  while (parts.size() < most && input.size() >= sizeof(std::uint32_t)) {
    std::uint32_t length = 0;
    std::memcpy(&length, input.data(), sizeof length);
    input = input.subspan(sizeof length);
    const auto part = input.first(std::min<std::size_t>(length, input.size()));
    parts.emplace_back(part.begin(), part.end());
    input = input.subspan(part.size());
  }
  return parts;
}

Bytes joined(const std::vector<Bytes>& parts) {
  Bytes bytes;
  for (const Bytes& part : parts) {
    const auto length = static_cast<std::uint32_t>(part.size());
    const auto* first = reinterpret_cast<const std::uint8_t*>(&length);
    bytes.insert(bytes.end(), first, first + sizeof length);
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
  return bytes;
}

}  // namespace hotset::fuzz
