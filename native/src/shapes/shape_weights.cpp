#include "shapes/shape_weights.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "gguf/random.h"
#include "shapes/power_law.h"

namespace hotset {
namespace {

// Of the embeddings, whose other elements are uniform with unit variance: the largest of its block, so that
// quantising keeps it.
constexpr float kConstant = 2.0F;
// Variance that a layer's blocks add to the residual, whose own is 1. Attention's is an upper bound: what it
// averages over many tokens cancels out.
constexpr double kAttentionVariance = 5e-4;
constexpr double kFeedForwardVariance = 4e-3;

/// What a random sequence is for.
enum Purpose { kRanks, kInputs, kUps, kOutputs, kTiles, kFirstTiles, kGates, kEmbedding, kHead, kDirection };

float unit_uniform(Random& random) { return std::sqrt(3.0F) * random.next(); }

void write_quantised(ggml_type type, const std::vector<float>& row, std::byte* bytes) {
  ggml_quantize_chunk(type, row.data(), bytes, 0, 1, static_cast<std::int64_t>(row.size()), nullptr);
}

/// Of a random sequence: every purpose has its own in every layer.
std::uint64_t seed(int layer, int what, std::uint64_t number) {
  const auto place = (static_cast<std::uint64_t>(layer) << 8U) + static_cast<std::uint64_t>(what);
  return Random(Random(place).bits() ^ number).bits();
}

std::vector<std::uint32_t> shuffled(int count, std::uint64_t seed) {
  std::vector<std::uint32_t> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0U);
  Random random(seed);
  for (auto left = static_cast<std::uint32_t>(count); left > 1; --left) {
    std::swap(numbers[left - 1], numbers[random.below(left)]);
  }
  return numbers;
}

}  // namespace

ggml_type head_type(ggml_type type) { return ggml_is_quantized(type) ? GGML_TYPE_Q8_0 : type; }

int predictor_hidden(const Shape& shape) {
  const double embedding = shape.embedding_length;
  const double neurons = shape.feed_forward_length;
  const double weights =
      2 * embedding * embedding + 2 * embedding * shape.kv_length() + 3 * embedding * neurons;
  const auto blocks = static_cast<int>(std::lround(0.02 * weights / (embedding + neurons) / 32));
  return 32 * std::max(blocks, 2);
}

RowPool::RowPool(ggml_type type, int length, double deviation, int zeros, std::uint64_t seed)
    : row_bytes_(ggml_row_size(type, length)), rows_(kRows * row_bytes_) {
  Random random(seed);
  std::vector<float> row(static_cast<std::size_t>(length));
  for (std::uint64_t i = 0; i < kRows; ++i) {
    for (float& value : row) value = static_cast<float>(deviation) * unit_uniform(random);
    std::fill_n(row.begin(), zeros, 0.0F);
    write_quantised(type, row, rows_.data() + i * row_bytes_);
  }
}

ShapeWeights::ShapeWeights(const ShapeChoice& choice)
    : choice_(choice),
      law_(power_law_frequencies(choice.shape.feed_forward_length, choice.activity)),
      inputs_(choice.type, choice.shape.embedding_length, 1.0 / std::sqrt(choice.shape.embedding_length), 0,
              kInputs),
      ups_(choice.type, choice.shape.embedding_length, 1.0 / std::sqrt(choice.shape.embedding_length), 1,
           kUps),
      attention_outputs_(choice.type, choice.shape.embedding_length,
                         std::sqrt(kAttentionVariance / choice.shape.embedding_length), 0, kOutputs),
      first_tiles_(choice.type, down_deviation(), true, kFirstTiles),
      tiles_(choice.type, down_deviation(), false, kTiles) {
  const Shape& shape = choice_.shape;
  for (const float frequency : law_) quantiles_.push_back(normal_quantile(frequency));
  for (int layer = 0; layer < shape.layers; ++layer) {
    ranks_.push_back(shuffled(shape.feed_forward_length, seed(layer, kRanks, 0)));
    std::vector<float>& own = frequencies_.emplace_back();
    own.reserve(law_.size());
    for (const std::uint32_t rank : ranks_.back()) own.push_back(law_[rank]);
  }
}

/// Neurons fire independently, so that their variances add up.
double ShapeWeights::down_deviation() const {
  double squares = 0.0;  // of a gate above its bias times up, which has unit variance
  for (const float frequency : law_) squares += mean_square_above(normal_quantile(frequency));
  return std::sqrt(kFeedForwardVariance / squares);
}

void ShapeWeights::write_embedding(std::size_t row, std::byte* bytes) const {
  Random random(seed(0, kEmbedding, row));
  std::vector<float> values(static_cast<std::size_t>(choice_.shape.embedding_length));
  for (float& value : values) value = unit_uniform(random);
  values[kConstantCoordinate] = kConstant;
  write_quantised(choice_.type, values, bytes);
}

void ShapeWeights::write_head(std::size_t row, std::byte* bytes) const {
  Random random(seed(0, kHead, row));
  std::vector<float> values(static_cast<std::size_t>(choice_.shape.embedding_length));
  const float scale = 1.0F / std::sqrt(static_cast<float>(values.size()));
  for (float& value : values) value = scale * unit_uniform(random);
  write_quantised(head_type(choice_.type), values, bytes);
}

void ShapeWeights::write_query_key_value(int layer, int matrix, std::size_t row, std::byte* bytes) const {
  std::memcpy(bytes, inputs_.row(seed(layer, kInputs + 16 * matrix, row)), inputs_.row_bytes());
}

void ShapeWeights::write_attention_output(int layer, std::size_t row, std::byte* bytes) const {
  const std::size_t size = attention_outputs_.row_bytes();
  if (row == kConstantCoordinate) {
    std::memset(bytes, 0, size);  // zero in every type
  } else {
    std::memcpy(bytes, attention_outputs_.row(seed(layer, kOutputs, row)), size);
  }
}

void ShapeWeights::write_up(int layer, std::size_t neuron, std::byte* bytes) const {
  std::memcpy(bytes, ups_.row(seed(layer, kUps, neuron)), ups_.row_bytes());
}

void ShapeWeights::write_down(int layer, std::size_t row, std::byte* bytes) const {
  const auto side = static_cast<std::size_t>(tiles_.side());
  const MatrixTiles& pool = tiles(row / side);
  const std::size_t blocks = static_cast<std::size_t>(choice_.shape.feed_forward_length) / side;
  for (std::size_t block = 0; block < blocks; ++block) {
    const std::uint64_t tile = seed(layer, kTiles, (row / side << 32U) + block);
    std::memcpy(bytes + block * pool.run_bytes(), pool.row(tile, static_cast<int>(row % side)),
                pool.run_bytes());
  }
}

void ShapeWeights::write_down_column(int layer, std::size_t neuron, std::byte* bytes) const {
  const auto side = static_cast<std::size_t>(tiles_.side());
  const std::size_t blocks = static_cast<std::size_t>(choice_.shape.embedding_length) / side;
  for (std::size_t block = 0; block < blocks; ++block) {
    const MatrixTiles& pool = tiles(block);
    const std::uint64_t tile = seed(layer, kTiles, (block << 32U) + neuron / side);
    std::memcpy(bytes + block * pool.run_bytes(), pool.column(tile, static_cast<int>(neuron % side)),
                pool.run_bytes());
  }
}

GateDirections ShapeWeights::draw_gates(int layer, int threads) const {
  const GateSizes sizes{.type = choice_.type,
                        .embedding_length = choice_.shape.embedding_length,
                        .hidden = predictor_hidden(choice_.shape)};
  return {sizes, seed(layer, kGates, 0), threads};
}

void ShapeWeights::write_gate(const GateDirections& gates, int layer, std::size_t neuron,
                              std::byte* bytes) const {
  const double quantile = quantiles_[ranks_[static_cast<std::size_t>(layer)][neuron]];
  gates.write_gate(seed(layer, kDirection, neuron), quantile, bytes);
}

void ShapeWeights::write_fc2(const GateDirections& gates, int layer, std::size_t neuron,
                             std::byte* bytes) const {
  const double quantile = quantiles_[ranks_[static_cast<std::size_t>(layer)][neuron]];
  gates.write_fc2(seed(layer, kDirection, neuron), quantile, bytes);
}

std::vector<float> ShapeWeights::attention_norm() const { return output_norm(); }

std::vector<float> ShapeWeights::feed_forward_norm(int layer) const {
  std::vector<float> norm(static_cast<std::size_t>(choice_.shape.embedding_length), 1.0F);
  const double constant = static_cast<double>(kConstant) * kConstant / choice_.shape.embedding_length;
  const double variance =
      1.0 + constant + layer * kFeedForwardVariance + (layer + 1) * kAttentionVariance / 2;
  norm[kConstantCoordinate] = kNormedConstant / kConstant * static_cast<float>(std::sqrt(variance));
  return norm;
}

std::vector<float> ShapeWeights::output_norm() const {
  std::vector<float> norm(static_cast<std::size_t>(choice_.shape.embedding_length), 1.0F);
  norm[kConstantCoordinate] = 0.0F;
  return norm;
}

}  // namespace hotset
