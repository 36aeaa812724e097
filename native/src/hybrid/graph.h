// The computation of one step: some tokens in, their keys and values stored, logits out.
#pragma once

#include <functional>
#include <vector>

#include "gguf/model_file.h"
#include "hybrid/handles.h"
#include "hybrid/kv_cache.h"
#include "hybrid/predictor.h"
#include "hybrid/weights.h"

namespace hotset {

/// Which positions' logits a step computes.
enum class Outputs { kNone, kLast, kAll };

/// Sizes that a graph is built for; it can run again and again for other tokens and positions of the same
/// sizes.
struct GraphShape {
  int tokens = 1;
  int kv_length = 0;  ///< rows of the KV cache that attention looks at
  Outputs outputs = Outputs::kLast;

  bool operator==(const GraphShape&) const = default;
};

/// What goes into one layer's neurons: for the profiler, which wants more than the activations.
struct FeedForwardInputs {
  ggml_tensor* normed = nullptr;  ///< F32 [embedding, tokens], after ffn_norm
  ggml_tensor* gate = nullptr;  ///< F32 [at least neurons, tokens], gate's product first; only of SiLU models
};

struct Graph {
  GraphShape shape;
  ContextHandle context;
  AllocatorHandle allocator;
  ggml_cgraph* nodes = nullptr;

  ggml_tensor* tokens = nullptr;     ///< in: I32 [tokens]
  ggml_tensor* positions = nullptr;  ///< in: I32 [tokens]
  ggml_tensor* rows = nullptr;       ///< in: I64 [tokens], where in the KV cache
  ggml_tensor* mask = nullptr;       ///< in: F16 [kv_length, tokens], 0 or minus infinity
  ggml_tensor* logits = nullptr;     ///< out: F32 [vocabulary, 1 or tokens], null for Outputs::kNone
  /// out: F32 [neurons, tokens] of every layer; empty unless asked for
  std::vector<ggml_tensor*> activations;
  std::vector<FeedForwardInputs> feed_forward_inputs;  ///< out: of every layer; empty unless asked for
};

/// Builds one layer's feed-forward block in place of the dense one; its activations cannot be kept.
/// residual: F32 [embedding, tokens], to be added to its output. Returns F32 [embedding, tokens].
using FeedForward = std::function<ggml_tensor*(ggml_context* context, int layer, FeedForwardInput input,
                                               ggml_tensor* residual)>;

struct GraphOptions {
  bool keep_activations = false;
  /// Keeps activations and FeedForwardInputs, and computes the last layer's where no logits are asked for.
  /// Only with the dense feed-forward block.
  bool keep_feed_forward = false;
  FeedForward feed_forward;  ///< empty: dense
};

/// Precondition: can_run(model). Throws Error kOutOfMemory where the intermediate results do not fit.
Graph build_graph(const ModelFile& model, const Weights& weights, const KvCache& cache,
                  const GraphShape& shape, const GraphOptions& options);

}  // namespace hotset
