// Random numbers that are the same on every machine, which those of the standard distributions are not.
#pragma once

#include <cstdint>

namespace hotset {

/// splitmix64 (Steele, Lea and Flood, 2014): a few operations per number.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t bits() {
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
  }

  /// Uniform in [-1, 1).
  float next() { return static_cast<float>(bits() >> 40U) * (2.0F / (1U << 24U)) - 1.0F; }

  /// Uniform in [0, count). Precondition: 0 < count < 2^32.
  std::uint32_t below(std::uint32_t count) {
    return static_cast<std::uint32_t>(((bits() >> 32U) * count) >> 32U);
  }

 private:
  std::uint64_t state_;
};

}  // namespace hotset
