// Adding up rows of Q4_K and Q6_K weights, written once over a vector type. See lane.h for who may include
// this.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "kernels/k_groups.h"
#include "kernels/kernels.h"
#include "kernels/lane.h"
#include "kernels/prefetch.h"
#include "kernels/quant_layout.h"

namespace hotset {
namespace {

/// weight = level * scale + offset of its group.
template <std::size_t kGroups>
struct UnpackedBlock {
  static constexpr std::size_t kGroupWeights = 256 / kGroups;

  std::array<std::int8_t, 256> levels;
  std::array<float, kGroups> scales;
  std::array<float, kGroups> offsets;
};

template <class V>
UnpackedBlock<Q4KBlock::kGroups> unpack(const Q4KBlock& block) {
  UnpackedBlock<Q4KBlock::kGroups> unpacked;
  const Q4KGroups groups = read_groups(block);
  const float scale = V::single(Half{block.scale});
  const float least = V::single(Half{block.least});
  for (std::size_t g = 0; g < Q4KBlock::kGroups; ++g) {
    unpacked.scales[g] = scale * static_cast<float>(groups.scales[g]);
    unpacked.offsets[g] = -least * static_cast<float>(groups.least[g]);
    const unsigned shift = g % 2 * 4;
    for (std::size_t i = 0; i < 32; ++i) {
      unpacked.levels[g * 32 + i] =
          static_cast<std::int8_t>((static_cast<unsigned>(block.levels[g / 2 * 32 + i]) >> shift) & 0xFU);
    }
  }
  return unpacked;
}

template <class V>
UnpackedBlock<Q6KBlock::kGroups> unpack(const Q6KBlock& block) {
  UnpackedBlock<Q6KBlock::kGroups> unpacked;
  const float scale = V::single(Half{block.scale});
  for (std::size_t g = 0; g < Q6KBlock::kGroups; ++g) {
    unpacked.scales[g] = scale * static_cast<float>(block.groups[g]);
    unpacked.offsets[g] = -32.0F * unpacked.scales[g];
  }
  // Quarter q of half a block: the low bits in a half of 32 of its 64 bytes, the high bits in two of its 32
  // bytes'.
  for (std::size_t quarter = 0; quarter < 8; ++quarter) {
    const std::size_t half = quarter / 4;
    const std::size_t q = quarter % 4;
    for (std::size_t i = 0; i < 32; ++i) {
      const unsigned low = static_cast<unsigned>(block.low[half * 64 + q % 2 * 32 + i]) >> (q / 2 * 4);
      const unsigned high = static_cast<unsigned>(block.high[half * 32 + i]) >> (q * 2);
      unpacked.levels[quarter * 32 + i] = static_cast<std::int8_t>((low & 0xFU) | ((high & 0x3U) << 4U));
    }
  }
  return unpacked;
}

template <class V, class Unpacked>
void add_block(const Unpacked& block, float factor, float* sum) {
  for (std::size_t g = 0; g < 256 / Unpacked::kGroupWeights; ++g) {
    const typename V::Register scale = V::broadcast(block.scales[g] * factor);
    const typename V::Register offset = V::broadcast(block.offsets[g] * factor);
    for (std::size_t i = g * Unpacked::kGroupWeights; i < (g + 1) * Unpacked::kGroupWeights; i += V::kWidth) {
      const typename V::Register before = V::add(V::load(sum + i), offset);
      V::store(sum + i, V::multiply_add(V::load(block.levels.data() + i), scale, before));
    }
  }
}

/// Block: Q4KBlock or Q6KBlock.
template <class V, class Block>
void add_k(const std::byte* const* rows, const float* factors, int count, int length, int begin, int end,
           float* sum) {
  const auto all = static_cast<std::size_t>(count);
  const std::size_t first = static_cast<std::size_t>(begin) / Block::kWeights;
  const std::size_t last = static_cast<std::size_t>(end) / Block::kWeights;
  const std::size_t ahead = rows_ahead(static_cast<std::size_t>(length) / Block::kWeights * sizeof(Block));
  for (std::size_t r = 0; r < all; ++r) {
    const auto* blocks = reinterpret_cast<const Block*>(rows[r]);
    const std::byte* next = rows[r + ahead < all ? r + ahead : r];
    for (std::size_t b = first; b < last; ++b) {
      prefetch_bytes<sizeof(Block)>(next + b * sizeof(Block));
      add_block<V>(unpack<V>(blocks[b]), factors[r], sum + b * Block::kWeights);
    }
  }
}

}  // namespace
}  // namespace hotset
