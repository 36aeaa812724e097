#include "kernels/scalar.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <numeric>

#include "kernels/kernel_table.h"
#include "kernels/q4_0_layout.h"

namespace hotset {
namespace {

// A multiple of every type's block; small enough for the stack.
constexpr int kChunk = 256;

void round_none(const float* x, int length, Operand& operand) {
  std::copy_n(x, length, operand.values.data());
}

void round_half(const float* x, int length, Operand& operand) {
  std::transform(x, x + length, operand.values.data(),
                 [](float value) { return ggml_fp16_to_fp32(ggml_fp32_to_fp16(value)); });
}

void round_brain(const float* x, int length, Operand& operand) {
  std::transform(x, x + length, operand.values.data(),
                 [](float value) { return ggml_bf16_to_fp32(ggml_fp32_to_bf16(value)); });
}

float largest_magnitude(const float* x, int length) {
  float largest = 0.0F;
  for (int i = 0; i < length; ++i) largest = std::max(largest, std::abs(x[i]));
  return largest;
}

/// A block's levels for packed Q4_0, turned like the weights, and their sums.
void turn_block(std::size_t block, Operand& operand) {
  constexpr std::size_t kBlocks = Operand::kTurnedLevels / q4_0::kBlock;
  const std::int8_t* levels = operand.levels.data() + block * q4_0::kBlock;
  std::int8_t* turned =
      operand.turned.data() + block / kBlocks * Operand::kTurnedLevels + block % kBlocks * q4_0::kLevelBytes;
  std::int32_t* offsets = operand.offsets.data() + block * 4;
  std::fill_n(offsets, 4, 0);
  for (std::size_t i = 0; i < q4_0::kLevelBytes; ++i) {
    const std::size_t place = q4_0::packed_place(i);
    turned[place] = levels[i];
    turned[place + Operand::kTurnedLevels / 2] = levels[i + q4_0::kLevelBytes];
    offsets[place / 4] -= 8 * (levels[i] + levels[i + q4_0::kLevelBytes]);
  }
}

/// Q8_0: 127 levels on both sides of zero, the scale kept in F16.
void round_blocks8(const float* x, int length, Operand& operand) {
  for (int begin = 0; begin < length; begin += kQ8BlockLength) {
    const float largest = largest_magnitude(x + begin, kQ8BlockLength);
    const float inverse = largest > 0.0F ? 127.0F / largest : 0.0F;
    const float scale = ggml_fp16_to_fp32(ggml_fp32_to_fp16(largest / 127.0F));
    operand.scales[static_cast<std::size_t>(begin / kQ8BlockLength)] = scale;
    for (int i = begin; i < begin + kQ8BlockLength; ++i) {
      const float level = std::nearbyint(x[i] * inverse);
      operand.levels[static_cast<std::size_t>(i)] = static_cast<std::int8_t>(level);
      operand.values[static_cast<std::size_t>(i)] = level * scale;
    }
    turn_block(static_cast<std::size_t>(begin / kQ8BlockLength), operand);
  }
}

/// Q8_K: the value of largest magnitude becomes level -127 (positive) or 127 (negative), the scale stays F32.
void round_blocks8k(const float* x, int length, Operand& operand) {
  constexpr int kLength = 256;
  for (int begin = 0; begin < length; begin += kLength) {
    const float* largest = std::max_element(x + begin, x + begin + kLength,
                                            [](float a, float b) { return std::abs(a) < std::abs(b); });
    const float inverse = *largest != 0.0F ? -127.0F / *largest : 0.0F;
    const float scale = inverse != 0.0F ? 1.0F / inverse : 0.0F;
    operand.scales[static_cast<std::size_t>(begin / kLength)] = scale;
    for (int i = begin; i < begin + kLength; ++i) {
      const float level = std::min(127.0F, std::nearbyint(x[i] * inverse));
      operand.levels[static_cast<std::size_t>(i)] = static_cast<std::int8_t>(level);
      operand.values[static_cast<std::size_t>(i)] = level * scale;
    }
    for (int i = begin; i < begin + kLength; i += Operand::kSumLength) {
      const std::int8_t* levels = operand.levels.data() + i;
      operand.sums[static_cast<std::size_t>(i / Operand::kSumLength)] = std::accumulate(
          levels, levels + Operand::kSumLength, std::int16_t{0},
          [](std::int16_t sum, std::int8_t level) { return static_cast<std::int16_t>(sum + level); });
    }
  }
}

/// Reads weights [begin, begin + count) of a packed row of `length`. Precondition: all are multiples of the
/// type's block.
template <ggml_type kType>
void load(const std::byte* row, int /*length*/, int begin, int count, float* weights) {
  const std::byte* source = row + ggml_row_size(kType, begin);
  ggml_get_type_traits(kType)->to_float(source, weights, count);
}

template <>
void load<GGML_TYPE_F32>(const std::byte* row, int /*length*/, int begin, int count, float* weights) {
  std::copy_n(reinterpret_cast<const float*>(row) + begin, count, weights);
}

template <>
void load<GGML_TYPE_Q4_0>(const std::byte* row, int length, int begin, int count, float* weights) {
  const auto first = static_cast<std::size_t>(begin) / q4_0::kBlock;
  const std::size_t end = first + static_cast<std::size_t>(count) / q4_0::kBlock;
  const std::byte* scales = row + q4_0::scales_offset(static_cast<std::size_t>(length) / q4_0::kBlock);
  for (std::size_t b = first; b < end; ++b, weights += q4_0::kBlock) {
    ggml_fp16_t half{};
    std::memcpy(&half, scales + b * q4_0::kScaleBytes, sizeof half);
    const float scale = ggml_fp16_to_fp32(half);
    for (std::size_t i = 0; i < q4_0::kLevelBytes; ++i) {
      const auto levels = std::to_integer<unsigned>(row[b * q4_0::kLevelBytes + q4_0::packed_place(i)]);
      weights[i] = (static_cast<float>(levels & 15U) - 8.0F) * scale;
      weights[i + q4_0::kLevelBytes] = (static_cast<float>(levels >> 4U) - 8.0F) * scale;
    }
  }
}

template <ggml_type kType>
void dot(const std::byte* const* rows, int count, const Operand& operand, int length, float* products) {
  std::array<float, kChunk> weights;
  for (int r = 0; r < count; ++r) {
    float sum = 0.0F;
    for (int begin = 0; begin < length; begin += kChunk) {
      const int size = std::min(kChunk, length - begin);
      load<kType>(rows[r], length, begin, size, weights.data());
      const float* values = operand.values.data() + begin;
      for (int i = 0; i < size; ++i) sum += weights[static_cast<std::size_t>(i)] * values[i];
    }
    products[r] = sum;
  }
}

template <ggml_type kType>
void add(const std::byte* const* rows, const float* factors, int count, int length, int begin, int end,
         float* sum) {
  std::array<float, kChunk> weights;
  for (int r = 0; r < count; ++r) {
    for (int first = begin; first < end; first += kChunk) {
      const int size = std::min(kChunk, end - first);
      load<kType>(rows[r], length, first, size, weights.data());
      for (int i = 0; i < size; ++i) sum[first + i] += factors[r] * weights[static_cast<std::size_t>(i)];
    }
  }
}

void count_signs(const std::byte* rows, std::size_t stride, int count, const std::byte* input_signs,
                 int length, int* disagreements) {
  for (int r = 0; r < count; ++r) {
    const std::byte* row = rows + stride * static_cast<std::size_t>(r);
    int bits = 0;
    for (std::size_t i = 0; i < sign_row_bytes(length); ++i) {
      bits += std::popcount(std::to_integer<unsigned>(row[i] ^ input_signs[i]));
    }
    disagreements[r] = bits;
  }
}

template <ggml_type... kTypes>
constexpr auto table_of() {
  return std::array{TypeKernels{kTypes, dot<kTypes>, add<kTypes>}...};
}

constexpr auto kTable =
    table_of<GGML_TYPE_F32, GGML_TYPE_F16, GGML_TYPE_BF16, GGML_TYPE_Q4_0, GGML_TYPE_Q4_1, GGML_TYPE_Q5_0,
             GGML_TYPE_Q5_1, GGML_TYPE_Q8_0, GGML_TYPE_Q2_K, GGML_TYPE_Q3_K, GGML_TYPE_Q4_K, GGML_TYPE_Q5_K,
             GGML_TYPE_Q6_K, GGML_TYPE_IQ2_XXS, GGML_TYPE_IQ2_XS, GGML_TYPE_IQ2_S, GGML_TYPE_IQ3_XXS,
             GGML_TYPE_IQ3_S, GGML_TYPE_IQ1_S, GGML_TYPE_IQ1_M, GGML_TYPE_IQ4_NL, GGML_TYPE_IQ4_XS,
             GGML_TYPE_TQ1_0, GGML_TYPE_TQ2_0, GGML_TYPE_MXFP4>();

const TypeKernels* find(ggml_type type) {
  const auto* found =
      std::find_if(kTable.begin(), kTable.end(), [&](const auto& entry) { return entry.type == type; });
  return found == kTable.end() ? nullptr : &*found;
}

}  // namespace

RoundKernel scalar_round(Rounding rounding) {
  switch (rounding) {
    case Rounding::kHalf:
      return round_half;
    case Rounding::kBrain:
      return round_brain;
    case Rounding::kBlocks8:
      return round_blocks8;
    case Rounding::kBlocks8K:
      return round_blocks8k;
    default:
      return round_none;
  }
}

DotKernel scalar_dot(ggml_type weights) {
  const TypeKernels* found = find(weights);
  return found == nullptr ? nullptr : found->dot;
}

AddKernel scalar_add(ggml_type weights) {
  const TypeKernels* found = find(weights);
  return found == nullptr ? nullptr : found->add;
}

SignKernel scalar_signs() { return count_signs; }

}  // namespace hotset
