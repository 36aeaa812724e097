// The vector that weight rows are multiplied with, rounded as ggml's dense product rounds it, so that a
// neuron computed here has the activation it has there.
#pragma once

#include <ggml.h>

#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

namespace hotset {

/// Values to a block of Q8_0, the type that ggml pairs with most quantised weights.
inline constexpr int kQ8BlockLength = 32;

/// Aligned to cache lines: loads of whole registers that cross them take twice as long.
template <typename T>
struct CacheLineAllocator {
  using value_type = T;
  static constexpr std::align_val_t kAlignment{64};

  CacheLineAllocator() = default;
  template <typename U>
  explicit CacheLineAllocator(const CacheLineAllocator<U>& /*other*/) {}

  T* allocate(std::size_t count) { return static_cast<T*>(::operator new(count * sizeof(T), kAlignment)); }
  void deallocate(T* memory, std::size_t /*count*/) { ::operator delete(memory, kAlignment); }
  bool operator==(const CacheLineAllocator&) const = default;
};

struct Operand {
  /// Levels to each of `sums`.
  static constexpr int kSumLength = 16;
  /// Levels that `turned` keeps together: those of four blocks.
  static constexpr std::size_t kTurnedLevels = 128;

  explicit Operand(int length)
      : values(static_cast<std::size_t>(length)),
        levels(static_cast<std::size_t>(length)),
        scales(static_cast<std::size_t>(length / kQ8BlockLength) + 1),
        turned(whole_groups(length)),
        offsets(whole_groups(length) / 8),
        sums(static_cast<std::size_t>(length / kSumLength)) {}

  template <typename T>
  using Values = std::vector<T, CacheLineAllocator<T>>;

  Values<float> values;        ///< after rounding
  Values<std::int8_t> levels;  ///< rounded to blocks: value = level * scale of its block
  Values<float> scales;
  /// For packed Q4_0: the levels of four blocks at a time, the blocks' first halves and then their second
  /// ones, each half turned like the weights (packing.h).
  Values<std::int8_t> turned;
  /// For each word of packed Q4_0 weights -8 times the sum of the levels that it meets: weights count from
  /// -8.
  Values<std::int32_t> offsets;
  /// For K-quants, of which blocks have scales and least values of their own: sums of 16 neighbouring levels.
  Values<std::int16_t> sums;

 private:
  static std::size_t whole_groups(int length) {
    return (static_cast<std::size_t>(length) + kTurnedLevels - 1) / kTurnedLevels * kTurnedLevels;
  }
};

/// How ggml rounds the other side of a product with weights of a type.
enum class Rounding {
  kNone,      ///< F32
  kHalf,      ///< F16
  kBrain,     ///< BF16
  kBlocks8,   ///< Q8_0 and Q8_1: blocks of 32 in 8 bits
  kBlocks8K,  ///< Q8_K: blocks of 256 in 8 bits
};

Rounding rounding_for(ggml_type weights);

/// Number of neighbouring values that are rounded together.
int block_length(Rounding rounding);

}  // namespace hotset
