// Gate weights of one layer whose signs a small predictor can tell, as it can in trained models: a gate's row
// is a direction in a subspace of the embedding, plus a little noise, less a bias.
//
// The architectures have no biases on gates. One coordinate of the residual therefore stays the same for
// every token, the constant coordinate, and a row's weight there is its bias. The predictor's fc1 projects
// onto the subspace, each basis vector with both signs (relu(z) - relu(-z) = z), and passes the constant on;
// a neuron's row of fc2 holds the coefficients of its direction and its bias.
#pragma once

#include <ggml.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace hotset {

/// Of the residual: the one that is the same for every token.
inline constexpr int kConstantCoordinate = 0;
/// What the norm in front of the feed-forward block makes of it. Large, so that the weights which meet it are
/// no larger than the others: blocks of quantised weights share their scale.
inline constexpr float kNormedConstant = 32.0F;
/// Of the predictor's matrices. Theirs are weights on the type's levels, so that nothing is lost.
inline constexpr ggml_type kPredictorType = GGML_TYPE_Q4_0;

struct GateSizes {
  ggml_type type;        ///< of gate rows
  int embedding_length;  ///< E
  int hidden;            ///< of the predictor, a multiple of 32 above 32
};

class GateDirections {
 public:
  /// Draws the subspace and some hundred directions in it, on `threads` threads. Their number is far below
  /// that of a layer's neurons, which differ in their biases.
  GateDirections(const GateSizes& sizes, std::uint64_t seed, int threads);

  /// Bytes of rows of the gate and of fc2.
  std::size_t gate_bytes() const { return gate_bytes_; }
  std::size_t fc2_bytes() const { return fc2_bytes_; }
  /// fc1 as ggml has it: [E, hidden].
  std::span<const std::byte> fc1() const { return fc1_; }

  /// Writes the rows of a neuron with the direction that `choice`, any number, stands for. It fires for
  /// inputs more than `quantile` deviations along its direction.
  void write_gate(std::uint64_t choice, double quantile, std::byte* row) const;
  void write_fc2(std::uint64_t choice, double quantile, std::byte* row) const;

 private:
  int rank() const { return (sizes_.hidden - 32) / 2; }
  void draw_basis(std::uint64_t seed);
  void draw_direction(std::size_t number, std::uint64_t seed);
  /// The block of a gate row that holds its bias.
  std::vector<std::byte> first_block(std::size_t number, double quantile) const;

  GateSizes sizes_;
  std::size_t gate_bytes_;
  std::size_t fc2_bytes_;
  std::vector<std::byte> fc1_;
  std::vector<float> basis_;         ///< [rank][E]
  std::vector<float> coefficients_;  ///< [directions][rank]
  std::vector<float>
      first_blocks_;  ///< [directions][block length]: gate weights that share a block with the bias
  std::vector<std::byte> gates_;   ///< [directions] rows without bias
  std::vector<std::byte> fc2_;     ///< the same
  std::vector<float> deviations_;  ///< [directions]: of the gate over inputs of unit variance
};

}  // namespace hotset
