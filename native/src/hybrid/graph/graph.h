// The computation of one step: some tokens in, their keys and values stored, logits out. It is cut into
// stages where it passes from one device to the other; without a GPU it is a single one.
//
// A layer whose neurons are divided, attention on the GPU: [attention] → normed to the CPU → [hot block] on
// the GPU while the CPU computes [the rest] → its sum to the GPU, where the next layer adds both up. With
// attention on the CPU the hot block's result comes back instead. Where one device has nothing to do, nothing
// is sent to it and nothing waited for: layers that are one device's alone are one stage.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "gguf/model_file.h"
#include "hybrid/attention/kv_cache.h"
#include "hybrid/graph/exchange.h"
#include "hybrid/placement/layout.h"
#include "hybrid/prediction/predictor.h"
#include "hybrid/weights/weights.h"
#include "runtime/handles.h"

namespace hotset {

/// Which positions' logits a step computes.
enum class Outputs { kNone, kLast, kAll };

/// What a step computes.
struct Wanted {
  Outputs outputs = Outputs::kLast;
  /// Only the most probable token is wanted: see PackedProducts::head_for_choice().
  bool for_choice = false;
  /// Nothing is left out, however few the tokens.
  bool all_neurons = false;

  bool operator==(const Wanted&) const = default;
};

/// Sizes that a graph is built for; it can run again and again for other tokens and positions of the same
/// sizes.
struct GraphShape {
  int tokens = 1;
  int kv_length = 0;  ///< rows of the KV cache that attention looks at
  Wanted wanted = {};
  bool apart = false;  ///< each token is another sequence's; only with GraphOptions::attend

  bool operator==(const GraphShape&) const = default;
};

/// What goes into one layer's neurons: for the profiler, which wants more than the activations.
struct FeedForwardInputs {
  ggml_tensor* normed = nullptr;  ///< F32 [embedding, tokens], after ffn_norm
  ggml_tensor* gate = nullptr;  ///< F32 [at least neurons, tokens], gate's product first; only of SiLU models
};

/// Nodes that one device computes in one go. The CPU's part of a layer and the GPU's run at the same time.
struct Stage {
  Device device = Device::kCpu;
  std::string name;  ///< "attention 3" for example, for a trace
  ContextHandle context = nullptr;
  ggml_cgraph* nodes = nullptr;
  bool needs_ggml_threads = false;  ///< see CpuThreads
};

/// One thing that is done for a step, in this order.
struct Step {
  enum class Kind {
    kCompute,   ///< `stage`: the CPU's until it is done, the GPU's is only launched
    kUpload,    ///< `columns` columns of the CPU's slot `from` into the GPU's slot `to`
    kDownload,  ///< the other way
    kWait,      ///< until the GPU has done all it was asked for
  };

  Kind kind = Kind::kCompute;
  std::size_t stage = 0;
  Slot from = Slot::kResidual;
  Slot to = Slot::kResidual;
  int columns = 0;
};

struct Graph {
  GraphShape shape;
  ContextHandle context;
  BufferHandle activation_memory;
  AllocatorHandle allocator;  ///< of the CPU's intermediate results
  std::vector<Stage> stages;
  std::vector<Step> steps;

  Device logits_device = Device::kCpu;
  ggml_tensor* logits = nullptr;  ///< out: F32 [vocabulary, 1 or tokens], null for Outputs::kNone
  /// out: F32 [neurons that the CPU computes, tokens] of every layer that has some; empty unless asked for
  std::vector<ggml_tensor*> activations;
  std::vector<FeedForwardInputs> feed_forward_inputs;  ///< out: of every layer; empty unless asked for
};

/// Builds one layer's feed-forward block in place of the dense one; its activations cannot be kept.
/// residual: F32 [embedding, tokens], to be added to its output, or null. Returns F32 [embedding, tokens].
using FeedForward = std::function<ggml_tensor*(ggml_context* context, int layer, FeedForwardInput input,
                                               ggml_tensor* residual)>;

class PackedProducts;
struct AttentionInput;

/// Builds attention over the KV cache in place of ggml's, on the CPU. Returns F32 [heads * head length,
/// tokens].
using Attend = std::function<ggml_tensor*(ggml_context* context, const AttentionInput& input)>;

struct GraphOptions {
  bool keep_activations = false;
  /// Keeps activations and FeedForwardInputs, and computes the last layer's where no logits are asked for.
  /// Only with the dense feed-forward block.
  bool keep_feed_forward = false;
  FeedForward feed_forward;                  ///< of the neurons that the CPU computes; empty: dense
  bool needs_hidden = false;                 ///< whether it reads FeedForwardInput::hidden
  const PackedProducts* products = nullptr;  ///< what the CPU multiplies with in place of ggml's; null: none
  Attend attend;                             ///< empty: ggml's
};

/// What a graph is built over; all of it outlives the graph.
struct GraphParts {
  const ModelFile& model;
  const Layout& layout;
  const Weights& weights;
  const KvCache& cache;
  const Exchange& exchange;
  ggml_gallocr* gpu_allocator;  ///< of the GPU's intermediate results; null where none takes part
};

/// Precondition: can_run(model). Throws Error kOutOfMemory, or GpuError, where the intermediate results do
/// not fit. The GPU's intermediate results of any two graphs share their memory.
Graph build_graph(const GraphParts& parts, const GraphShape& shape, const GraphOptions& options);

/// The same without memory for intermediate results, over parts without data: to measure what it takes.
Graph describe_graph(const GraphParts& parts, const GraphShape& shape);

}  // namespace hotset
