#include "kernels/scalar.h"

#include <algorithm>
#include <array>
#include <cmath>

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
    for (int i = begin; i < begin + kLength; ++i) {
      operand.values[static_cast<std::size_t>(i)] = std::min(127.0F, std::nearbyint(x[i] * inverse)) * scale;
    }
  }
}

/// Reads weights [begin, begin + count) of a row. Precondition: both are multiples of the type's block.
template <ggml_type kType>
void load(const std::byte* row, int begin, int count, float* weights) {
  const std::byte* source = row + ggml_row_size(kType, begin);
  ggml_get_type_traits(kType)->to_float(source, weights, count);
}

template <>
void load<GGML_TYPE_F32>(const std::byte* row, int begin, int count, float* weights) {
  std::copy_n(reinterpret_cast<const float*>(row) + begin, count, weights);
}

template <ggml_type kType>
void dot(const std::byte* first_row, std::size_t stride, int count, const Operand& operand, int length,
         float* products) {
  std::array<float, kChunk> weights;
  for (int r = 0; r < count; ++r) {
    const std::byte* row = first_row + stride * static_cast<std::size_t>(r);
    float sum = 0.0F;
    for (int begin = 0; begin < length; begin += kChunk) {
      const int size = std::min(kChunk, length - begin);
      load<kType>(row, begin, size, weights.data());
      const float* values = operand.values.data() + begin;
      for (int i = 0; i < size; ++i) sum += weights[static_cast<std::size_t>(i)] * values[i];
    }
    products[r] = sum;
  }
}

template <ggml_type kType>
void add(const std::byte* const* rows, const float* factors, int count, int begin, int end, float* sum) {
  std::array<float, kChunk> weights;
  for (int r = 0; r < count; ++r) {
    for (int first = begin; first < end; first += kChunk) {
      const int size = std::min(kChunk, end - first);
      load<kType>(rows[r], first, size, weights.data());
      for (int i = 0; i < size; ++i) sum[first + i] += factors[r] * weights[static_cast<std::size_t>(i)];
    }
  }
}

struct TypeKernels {
  ggml_type type;
  DotKernel dot;
  AddKernel add;
};

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

}  // namespace hotset
