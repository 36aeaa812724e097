// What libFuzzer calls to change an input that is one GGUF.
#include <algorithm>
#include <cstdint>

#include "gguf_mutator.h"

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t longest,
                                               unsigned int seed) {
  hotset::fuzz::Chance chance(seed);
  const auto result = hotset::fuzz::broken({data, size}, longest, chance);
  std::copy(result.begin(), result.end(), data);
  return result.size();
}

extern "C" std::size_t LLVMFuzzerCustomCrossOver(const std::uint8_t* one, std::size_t one_size,
                                                 const std::uint8_t* other, std::size_t other_size,
                                                 std::uint8_t* out, std::size_t longest, unsigned int seed) {
  hotset::fuzz::Chance chance(seed);
  const auto result = hotset::fuzz::crossed({one, one_size}, {other, other_size}, longest, chance);
  std::copy(result.begin(), result.end(), out);
  return result.size();
}
