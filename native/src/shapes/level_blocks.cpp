#include "shapes/level_blocks.h"

#include <algorithm>
#include <cmath>

namespace hotset {
namespace {

constexpr int kSmallestSide = 32;
constexpr int kWeights = 1 << 20;  // in all tiles of a pool

/// One tile's levels, row after row, with an anchor in every row and every column.
std::vector<float> tile_levels(int side, int highest, bool clear_first_row, Random& random) {
  const auto length = static_cast<std::size_t>(side);
  std::vector<float> levels(length * length);
  for (float& level : levels) level = random_level(random, highest);
  for (std::size_t i = 0; i < length; ++i) levels[i * length + i] = anchor_level(random, highest);
  if (!clear_first_row) return levels;
  std::fill_n(levels.begin(), length, 0.0F);
  levels[length] = anchor_level(random, highest);  // the first column's, whose own was in the first row
  return levels;
}

}  // namespace

int highest_level(ggml_type type) { return type == GGML_TYPE_Q8_0 ? 127 : 8; }

float random_level(Random& random, int highest) {
  const auto count = static_cast<std::uint32_t>(2 * highest - 1);
  return static_cast<float>(static_cast<int>(random.below(count)) - (highest - 1));
}

float anchor_level(Random& random, int highest) {
  return static_cast<float>(random.below(2) == 0 ? highest : -highest);
}

double level_deviation(int highest, int block) {
  const double inner = static_cast<double>(highest) * (highest - 1) / 3.0;  // of -highest + 1 ... highest - 1
  const double anchor = static_cast<double>(highest) * highest;
  return std::sqrt(((block - 1) * inner + anchor) / block);
}

std::vector<std::byte> quantise(ggml_type type, std::span<const float> values) {
  const auto length = static_cast<std::int64_t>(values.size());
  std::vector<std::byte> bytes(ggml_row_size(type, length));
  ggml_quantize_chunk(type, values.data(), bytes.data(), 0, 1, length, nullptr);
  return bytes;
}

MatrixTiles::MatrixTiles(ggml_type type, double deviation, bool clear_first_row, std::uint64_t seed)
    : side_(std::max(kSmallestSide, static_cast<int>(ggml_blck_size(type)))),
      run_bytes_(ggml_row_size(type, side_)),
      tiles_(static_cast<std::uint64_t>(kWeights / side_ / side_)) {
  const int highest = highest_level(type);
  const auto scale = static_cast<float>(deviation / level_deviation(highest, side_));
  const auto length = static_cast<std::size_t>(side_);
  Random random(seed);
  for (std::uint64_t tile = 0; tile < tiles_; ++tile) {
    std::vector<float> values = tile_levels(side_, highest, clear_first_row, random);
    for (float& value : values) value *= scale;
    std::vector<float> transposed(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) transposed[i % length * length + i / length] = values[i];
    std::ranges::copy(quantise(type, values), std::back_inserter(rows_));
    std::ranges::copy(quantise(type, transposed), std::back_inserter(columns_));
  }
}

const std::byte* MatrixTiles::at(const std::vector<std::byte>& runs, std::uint64_t choice, int run) const {
  const std::uint64_t number =
      choice % tiles_ * static_cast<std::uint64_t>(side_) + static_cast<std::uint64_t>(run);
  return runs.data() + number * run_bytes_;
}

}  // namespace hotset
