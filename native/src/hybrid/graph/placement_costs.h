// What the parts of a model take on a GPU, before anything is loaded there.
#pragma once

#include <cstdint>
#include <vector>

#include "gguf/model_file.h"
#include "hybrid/graph/graph.h"

namespace hotset {

/// The longest step: longer prompts come in chunks of so many tokens, enough to reuse every weight often, few
/// enough that intermediate results stay small.
inline constexpr int kMostTokens = 512;
/// Where the logits of all tokens are wanted, a step has at most so many with a GPU.
inline constexpr int kMostLogits = 8;
/// Sequences that a step goes on with at once.
inline constexpr int kMostColumns = 16;

/// Bytes as ggml allocates them.
struct LayerCosts {
  std::uint64_t attention = 0;  ///< weights and norms
  std::uint64_t kv = 0;         ///< goes with attention
  /// One neuron where some lie on the GPU, in multiples of `granularity`.
  std::uint64_t neuron = 0;
  int granularity = 1;
  /// All neurons of the layer; gathers nothing, so that it takes no more than the single ones, often less.
  std::uint64_t feed_forward = 0;
};

struct PlacementCosts {
  std::vector<LayerCosts> layers;
  std::uint64_t head = 0;
  /// Inputs, results on the way and what both devices exchange: the same as soon as anything lies on the GPU.
  std::uint64_t scratch = 0;
};

/// memory: the GPU's buffer type. Precondition: the hybrid decoder can run the model.
PlacementCosts placement_costs(const ModelFile& model, int context_length, ggml_backend_buffer_type_t memory);

/// Sets aside the GPU's intermediate results of the longest steps, so that later ones never ask for more.
/// Throws GpuError where its memory does not hold them.
void reserve_intermediate_results(ggml_gallocr* allocator, const ModelFile& model, int context_length,
                                  ggml_backend_buffer_type_t memory);

}  // namespace hotset
