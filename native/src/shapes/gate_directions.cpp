#include "shapes/gate_directions.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "gguf/random.h"
#include "runtime/parallel.h"
#include "shapes/level_blocks.h"

namespace hotset {
namespace {

constexpr std::size_t kDirections = 768;
constexpr int kBlock = 32;  // of kPredictorType
// Every window of a block's length holds an anchor, wherever it begins.
constexpr int kAnchorEvery = 16;
// Deviation of what the predictor cannot know, as a share of the gate's own: quantising the row makes some of
// it, noise the rest. A tenth costs about one percent of recall.
constexpr double kUnknown = 0.1;

void draw_levels(std::span<float> values, double deviation, Random& random) {
  const int highest = highest_level(kPredictorType);
  const auto scale = static_cast<float>(deviation / level_deviation(highest, kAnchorEvery));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool anchor = i % kAnchorEvery == kAnchorEvery - 1;
    values[i] = scale * (anchor ? anchor_level(random, highest) : random_level(random, highest));
  }
}

double mean_square(std::span<const float> values) {
  double sum = 0.0;
  for (const float value : values) sum += static_cast<double>(value) * value;
  return sum / static_cast<double>(values.size());
}

std::vector<float> dequantised(ggml_type type, std::span<const std::byte> bytes, std::size_t length) {
  std::vector<float> values(length);
  if (type == GGML_TYPE_F32) {
    std::memcpy(values.data(), bytes.data(), bytes.size());
  } else {
    ggml_get_type_traits(type)->to_float(bytes.data(), values.data(), static_cast<std::int64_t>(length));
  }
  return values;
}

/// Noise that together with that of quantising `values` makes kUnknown of them.
void add_noise(ggml_type type, std::vector<float>& values, Random& random) {
  const std::vector<float> rounded = dequantised(type, quantise(type, values), values.size());
  double error = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i)
    error += std::pow(static_cast<double>(values[i]) - rounded[i], 2);
  const double unit = mean_square(values);
  const double missing = kUnknown * kUnknown * unit - error / static_cast<double>(values.size());
  if (missing <= 0.0) return;
  const auto spread = static_cast<float>(std::sqrt(3.0 * missing));
  for (float& value : values) value += spread * random.next();
}

}  // namespace

GateDirections::GateDirections(const GateSizes& sizes, std::uint64_t seed, int threads)
    : sizes_(sizes),
      gate_bytes_(ggml_row_size(sizes.type, sizes.embedding_length)),
      fc2_bytes_(ggml_row_size(kPredictorType, sizes.hidden)),
      coefficients_(kDirections * static_cast<std::size_t>(rank())),
      first_blocks_(kDirections * static_cast<std::size_t>(ggml_blck_size(sizes.type))),
      gates_(kDirections * gate_bytes_),
      fc2_(kDirections * fc2_bytes_),
      deviations_(kDirections) {
  draw_basis(seed);
  parallel_for(threads, kDirections, [&](std::size_t number) { draw_direction(number, seed); });
}

void GateDirections::draw_basis(std::uint64_t seed) {
  Random random(seed);
  const auto length = static_cast<std::size_t>(sizes_.embedding_length);
  const auto count = static_cast<std::size_t>(rank());
  basis_.resize(count * length);
  draw_levels(basis_, 1.0 / std::sqrt(length), random);
  for (std::size_t i = 0; i < count; ++i) basis_[i * length + kConstantCoordinate] = 0.0F;

  std::vector<float> rows(static_cast<std::size_t>(sizes_.hidden) * length);
  std::ranges::copy(basis_, rows.begin());
  std::ranges::transform(basis_, rows.begin() + static_cast<std::ptrdiff_t>(basis_.size()), std::negate<>());
  rows[2 * count * length + kConstantCoordinate] = 1.0F;
  fc1_ = quantise(kPredictorType, rows);
}

void GateDirections::draw_direction(std::size_t number, std::uint64_t seed) {
  Random random(seed ^ (0xD1B54A32D192ED03ULL * (number + 1)));
  const auto length = static_cast<std::size_t>(sizes_.embedding_length);
  const auto count = static_cast<std::size_t>(rank());
  const std::span own(coefficients_.data() + number * count, count);
  draw_levels(own, 1.0 / std::sqrt(count), random);

  std::vector<float> row(length);
  for (std::size_t k = 0; k < count; ++k) {
    const float* vector = basis_.data() + k * length;
    for (std::size_t i = 0; i < length; ++i) row[i] += own[k] * vector[i];
  }
  add_noise(sizes_.type, row, random);
  row[kConstantCoordinate] = 0.0F;
  const std::vector<std::byte> bytes = quantise(sizes_.type, row);
  std::ranges::copy(bytes, gates_.begin() + static_cast<std::ptrdiff_t>(number * gate_bytes_));
  const auto block = static_cast<std::size_t>(ggml_blck_size(sizes_.type));
  std::copy_n(row.begin(), block, first_blocks_.begin() + static_cast<std::ptrdiff_t>(number * block));
  const std::vector<float> rounded = dequantised(sizes_.type, bytes, length);
  deviations_[number] = static_cast<float>(std::sqrt(mean_square(rounded) * static_cast<double>(length)));

  std::vector<float> hidden(static_cast<std::size_t>(sizes_.hidden));
  std::ranges::copy(own, hidden.begin());
  std::ranges::transform(own, hidden.begin() + static_cast<std::ptrdiff_t>(count), std::negate<>());
  std::ranges::copy(quantise(kPredictorType, hidden),
                    fc2_.begin() + static_cast<std::ptrdiff_t>(number * fc2_bytes_));
}

std::vector<std::byte> GateDirections::first_block(std::size_t number, double quantile) const {
  const std::int64_t block = ggml_blck_size(sizes_.type);
  std::vector<float> values(static_cast<std::size_t>(block));
  std::copy_n(first_blocks_.begin() + static_cast<std::ptrdiff_t>(number) * block, block, values.begin());
  values[kConstantCoordinate] = static_cast<float>(-quantile * deviations_[number] / kNormedConstant);
  return quantise(sizes_.type, values);
}

void GateDirections::write_gate(std::uint64_t choice, double quantile, std::byte* row) const {
  const std::size_t number = choice % kDirections;
  std::memcpy(row, gates_.data() + number * gate_bytes_, gate_bytes_);
  std::ranges::copy(first_block(number, quantile), row);
}

void GateDirections::write_fc2(std::uint64_t choice, double quantile, std::byte* row) const {
  const std::size_t number = choice % kDirections;
  std::memcpy(row, fc2_.data() + number * fc2_bytes_, fc2_bytes_);
  // The bias as the gate's row holds it, next to the larger or smaller weights of its block.
  const auto length = static_cast<std::size_t>(ggml_blck_size(sizes_.type));
  std::vector<float> last(kBlock);
  last[0] = dequantised(sizes_.type, first_block(number, quantile), length)[kConstantCoordinate];
  std::ranges::copy(quantise(kPredictorType, last),
                    row + ggml_row_size(kPredictorType, sizes_.hidden - kBlock));
}

}  // namespace hotset
