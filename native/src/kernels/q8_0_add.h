// Adding up rows of Q8_0 weights, written once over a vector type. See lane.h for who may include this.
#pragma once

#include <array>
#include <cstddef>

#include "kernels/kernels.h"
#include "kernels/lane.h"
#include "kernels/prefetch.h"
#include "kernels/quant_layout.h"

namespace hotset {
namespace {

/// Adds the blocks from `begin` to `end` of kRows rows. next: as many rows that will be wanted after these.
template <class V, std::size_t kRows>
void add_q8_0_rows(const std::byte* const* rows, const std::byte* const* next, const float* factors,
                   std::size_t begin, std::size_t end, float* sum) {
  constexpr std::size_t kRegisters = Q8Block::kWeights / V::kWidth;
  for (std::size_t b = begin; b < end; ++b) {
    std::array<Lane<V>, kRegisters> totals;
    float* to = sum + b * Q8Block::kWeights;
    for (std::size_t t = 0; t < kRegisters; ++t) totals[t].value = V::load(to + t * V::kWidth);
    for (std::size_t r = 0; r < kRows; ++r) {
      prefetch_line(next[r] + b * sizeof(Q8Block));
      const Q8Block& block = reinterpret_cast<const Q8Block*>(rows[r])[b];
      const typename V::Register scale = V::broadcast(V::single(Half{block.scale}) * factors[r]);
      for (std::size_t t = 0; t < kRegisters; ++t) {
        const typename V::Register levels = V::load(block.levels.data() + t * V::kWidth);
        totals[t].value = V::multiply_add(levels, scale, totals[t].value);
      }
    }
    for (std::size_t t = 0; t < kRegisters; ++t) V::store(to + t * V::kWidth, totals[t].value);
  }
}

template <class V>
void add_q8_0(const std::byte* const* rows, const float* factors, int count, int /*length*/, int begin,
              int end, float* sum) {
  const auto all = static_cast<std::size_t>(count);
  const std::size_t first = static_cast<std::size_t>(begin) / Q8Block::kWeights;
  const std::size_t last = static_cast<std::size_t>(end) / Q8Block::kWeights;
  std::size_t r = 0;
  for (; r + 8 <= all; r += 8) {
    const std::byte* const* next = r + 16 <= all ? rows + r + 8 : rows + r;
    add_q8_0_rows<V, 8>(rows + r, next, factors + r, first, last, sum);
  }
  for (; r < all; ++r) add_q8_0_rows<V, 1>(rows + r, rows + r, factors + r, first, last, sum);
}

}  // namespace
}  // namespace hotset
