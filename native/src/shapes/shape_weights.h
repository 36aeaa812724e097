// The weights of a model that has a real one's sizes and random content, as functions of layer and row: any
// row can be had at any time, on any thread, and is the same every time.
//
// The residual is a token's embedding and little else: what the layers add is small, so that its scale is
// known in every layer, and none of it goes to the constant coordinate (see gate_directions.h).
#pragma once

#include <ggml.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "shapes/gate_directions.h"
#include "shapes/level_blocks.h"
#include "shapes/shape.h"

namespace hotset {

struct ShapeChoice {
  Shape shape;
  ggml_type type;   ///< of the matrices; see head_type() for the last one
  double activity;  ///< mean over neurons and tokens
};

/// Of the output matrix: 8 bits for quantised models, as llama.cpp's own quantisation leaves it larger too.
ggml_type head_type(ggml_type type);

/// Hidden length of the predictors: about 2% of a layer's weights.
int predictor_hidden(const Shape& shape);

/// Random rows, quantised once and repeated in another order for every matrix.
class RowPool {
 public:
  /// `count` rows of `length` weights of standard deviation `deviation`, the first `zeros` of each zero.
  RowPool(ggml_type type, int length, double deviation, int zeros, std::uint64_t seed);

  std::size_t row_bytes() const { return row_bytes_; }
  const std::byte* row(std::uint64_t choice) const { return rows_.data() + choice % kRows * row_bytes_; }

 private:
  static constexpr std::uint64_t kRows = 1024;

  std::size_t row_bytes_;
  std::vector<std::byte> rows_;
};

class ShapeWeights {
 public:
  explicit ShapeWeights(const ShapeChoice& choice);

  const ShapeChoice& choice() const { return choice_; }
  /// Of every layer's neurons: [layers][neurons], the layers' power laws in different orders.
  const std::vector<std::vector<float>>& frequencies() const { return frequencies_; }

  /// One row of a matrix as ggml has it. `row` is the number in the file.
  void write_embedding(std::size_t row, std::byte* bytes) const;
  void write_head(std::size_t row, std::byte* bytes) const;
  void write_query_key_value(int layer, int matrix, std::size_t row, std::byte* bytes) const;
  void write_attention_output(int layer, std::size_t row, std::byte* bytes) const;
  void write_up(int layer, std::size_t neuron, std::byte* bytes) const;
  /// [neurons, E]: a row for every element of the embedding.
  void write_down(int layer, std::size_t row, std::byte* bytes) const;
  /// [E, neurons]: the same weights, a row for every neuron.
  void write_down_column(int layer, std::size_t neuron, std::byte* bytes) const;

  /// The subspace of a layer's gates, which takes some time to draw.
  GateDirections draw_gates(int layer, int threads) const;
  void write_gate(const GateDirections& gates, int layer, std::size_t neuron, std::byte* bytes) const;
  void write_fc2(const GateDirections& gates, int layer, std::size_t neuron, std::byte* bytes) const;

  /// F32 vectors [E].
  std::vector<float> attention_norm() const;
  std::vector<float> feed_forward_norm(int layer) const;
  std::vector<float> output_norm() const;

 private:
  double down_deviation() const;
  const MatrixTiles& tiles(std::size_t tile_row) const { return tile_row == 0 ? first_tiles_ : tiles_; }

  ShapeChoice choice_;
  std::vector<float> law_;                         ///< [neurons], the highest frequency first
  std::vector<double> quantiles_;                  ///< [neurons], of the law
  std::vector<std::vector<std::uint32_t>> ranks_;  ///< [layers][neurons]: place in the law
  std::vector<std::vector<float>> frequencies_;
  RowPool inputs_;  ///< of attention's first three matrices
  RowPool ups_;
  RowPool attention_outputs_;
  MatrixTiles first_tiles_;  ///< with the constant coordinate
  MatrixTiles tiles_;
};

}  // namespace hotset
