#include "hybrid/graph.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "error.h"
#include "hybrid/buffer_types.h"
#include "hybrid/rope.h"
#include "hybrid/stages.h"

namespace hotset {
namespace {

// Per layer about 30 operators and views, and leaves where it is cut; the rest is input, output and margin.
constexpr std::size_t kTensorsPerLayer = 64;
constexpr std::size_t kTensorsOfModel = 64;

class Builder {
 public:
  Builder(const GraphParts& parts, const GraphShape& shape, const GraphOptions& options)
      : model_(parts.model),
        layout_(parts.layout),
        weights_(parts.weights),
        cache_(parts.cache),
        options_(options),
        rope_(rope_settings(parts.model)),
        stages_(graph_, parts.exchange) {
    const std::size_t tensors = kTensorsOfModel + kTensorsPerLayer * static_cast<std::size_t>(model_.layers);
    graph_.shape = shape;
    graph_.context = make_context(tensors);
    context_ = graph_.context.get();
  }

  Graph build() {
    stages_.open(Device::kCpu, "embedding");
    terms_ = {ggml_get_rows(context_, weights_.token_embedding, stages_.tokens())};
    columns_ = tokens();
    for (int layer = 0; layer < model_.layers; ++layer) {
      ggml_tensor* hidden = attention_block(layer, residual_stream_on(layout_.attention(layer), layer));
      if (hidden == nullptr) {
        stages_.close();
        return std::move(graph_);
      }
      feed_forward_block(layer, hidden);
    }
    if (graph_.shape.outputs != Outputs::kNone) {
      add_head(residual_stream_on(layout_.head(), model_.layers));
    }
    stages_.close();
    return std::move(graph_);
  }

 private:
  int tokens() const { return graph_.shape.tokens; }
  const LayerWeights& layer_weights(int layer) const {
    return weights_.layers[static_cast<std::size_t>(layer)];
  }

  /// The sum of everything added to the residual stream so far, [embedding, columns_], in an open stage of
  /// `device`; `layer` comes next.
  ggml_tensor* residual_stream_on(Device device, int layer) {
    ggml_tensor* sum = terms_[0];
    for (std::size_t i = 1; i < terms_.size(); ++i) sum = ggml_add(context_, sum, terms_[i]);
    if (stages_.device() == device) return sum;
    stages_.put(sum, Slot::kResidual);
    stages_.close();
    if (device == Device::kGpu) {
      stages_.upload(Slot::kResidual, Slot::kSum, columns_);
    } else {
      stages_.download(Slot::kResidual, Slot::kSum, columns_);
      stages_.wait();
    }
    open_attention(device, layer);
    return stages_.take(Slot::kSum, columns_);
  }

  void open_attention(Device device, int layer) {
    stages_.open(device, layer < model_.layers ? "attention " + std::to_string(layer) : "head");
  }

  ggml_tensor* norm(ggml_tensor* input, ggml_tensor* weight) {
    return ggml_mul(context_, ggml_rms_norm(context_, input, model_.rms_epsilon), weight);
  }

  ggml_tensor* product(ggml_tensor* matrix, ggml_tensor* input, ggml_tensor* bias) {
    ggml_tensor* result = multiply(matrix, input);
    return bias == nullptr ? result : ggml_add(context_, result, bias);
  }

  ggml_tensor* multiply(ggml_tensor* matrix, ggml_tensor* input) {
    const bool ours = options_.product && stages_.device() == Device::kCpu && input->ne[1] == 1;
    ggml_tensor* result = ours ? options_.product(context_, matrix, input) : nullptr;
    return result == nullptr ? ggml_mul_mat(context_, matrix, input) : result;
  }

  /// `heads` heads of a [width, tokens] matrix, starting at element `first`: [head length, heads, tokens].
  ggml_tensor* heads_of(ggml_tensor* matrix, int heads, std::int64_t first) {
    const std::size_t element = ggml_element_size(matrix);
    return ggml_view_3d(context_, matrix, model_.key_length, heads, tokens(),
                        element * static_cast<std::size_t>(model_.key_length), matrix->nb[1],
                        element * static_cast<std::size_t>(first));
  }

  struct Projections {
    ggml_tensor* query;  ///< each [head length, heads, tokens]
    ggml_tensor* key;
    ggml_tensor* value;
  };

  Projections project(const LayerWeights& layer, ggml_tensor* normed) {
    const std::int64_t query_width = std::int64_t{model_.heads} * model_.key_length;
    const std::int64_t key_width = std::int64_t{model_.kv_heads} * model_.key_length;
    if (layer.qkv != nullptr) {
      ggml_tensor* qkv = product(layer.qkv, normed, layer.qkv_bias);
      return {.query = heads_of(qkv, model_.heads, 0),
              .key = heads_of(qkv, model_.kv_heads, query_width),
              .value = heads_of(qkv, model_.kv_heads, query_width + key_width)};
    }
    return {.query = heads_of(product(layer.query, normed, layer.query_bias), model_.heads, 0),
            .key = heads_of(product(layer.key, normed, layer.key_bias), model_.kv_heads, 0),
            .value = heads_of(product(layer.value, normed, layer.value_bias), model_.kv_heads, 0)};
  }

  ggml_tensor* rotate(ggml_tensor* heads) {
    return ggml_rope_ext(context_, heads, stages_.positions(), weights_.rope_factors(stages_.device()),
                         rope_.dimensions, rope_.mode, rope_.original_context_length, rope_.frequency_base,
                         rope_.frequency_scale, rope_.extrapolation_factor, rope_.attention_factor,
                         kYarnBetaFast, kYarnBetaSlow);
  }

  /// Writes heads [head length, KV heads, tokens] into their rows of `cache`.
  void store(ggml_tensor* cache, ggml_tensor* heads) {
    // Rows of the cache: both inner dimensions become one, whatever lies between two tokens of the source.
    ggml_tensor* flat = ggml_view_2d(context_, heads, heads->ne[0] * heads->ne[1], tokens(), heads->nb[2], 0);
    stages_.compute(ggml_set_rows(context_, cache, flat, stages_.rows()));
  }

  /// The first kv_length rows of `cache` as [head length, kv_length, KV heads].
  ggml_tensor* stored(ggml_tensor* cache) {
    const std::size_t head_bytes = ggml_row_size(cache->type, model_.key_length);
    return ggml_view_3d(context_, cache, model_.key_length, graph_.shape.kv_length, model_.kv_heads,
                        cache->nb[1], head_bytes, 0);
  }

  /// The last token's column of [width, tokens].
  ggml_tensor* last_column(ggml_tensor* matrix) {
    return ggml_view_2d(context_, matrix, matrix->ne[0], 1, matrix->nb[1],
                        matrix->nb[1] * static_cast<std::size_t>(tokens() - 1));
  }

  /// Returns the residual stream [embedding, tokens] after the block, the last token's alone in the last
  /// layer of Outputs::kLast, and null in that of Outputs::kNone: there nothing beyond keys and values is
  /// needed.
  ggml_tensor* attention_block(int layer, ggml_tensor* hidden) {
    stages_.count_block();
    const LayerWeights& weights = layer_weights(layer);
    const Projections projections = project(weights, norm(hidden, weights.attention_norm));
    store(cache_.keys(layer), rotate(projections.key));
    store(cache_.values(layer), projections.value);
    const bool last_layer = layer == model_.layers - 1;
    const bool last_needed = graph_.shape.outputs != Outputs::kNone || options_.keep_feed_forward;
    if (last_layer && !last_needed) return nullptr;

    ggml_tensor* query = ggml_permute(context_, rotate(projections.query), 0, 2, 1, 3);
    const float scale = model_.attention_scale != 0.0F
                            ? model_.attention_scale
                            : 1.0F / std::sqrt(static_cast<float>(model_.key_length));
    ggml_tensor* attended =
        ggml_flash_attn_ext(context_, query, stored(cache_.keys(layer)), stored(cache_.values(layer)),
                            stages_.mask(), scale, 0.0F, 0.0F);
    ggml_prec_set_acc(attended, GGML_PREC_F32);
    attended = ggml_reshape_2d(context_, attended, attended->ne[0] * attended->ne[1], tokens());
    if (last_layer && graph_.shape.outputs == Outputs::kLast && tokens() > 1) {
      attended = last_column(attended);
      hidden = last_column(hidden);
      columns_ = 1;
    }
    ggml_tensor* output = product(weights.attention_output, attended, weights.attention_output_bias);
    return ggml_add(context_, output, hidden);
  }

  /// of_gate: of SiLU models set to a tensor that begins with gate's product.
  ggml_tensor* activate(const FeedForwardWeights& weights, ggml_tensor* normed, ggml_tensor*& of_gate) {
    const bool silu = model_.activation == Activation::kSilu;
    if (weights.gate_up != nullptr) {
      ggml_tensor* both = ggml_mul_mat(context_, weights.gate_up, normed);
      if (silu) of_gate = both;
      if (silu) return ggml_swiglu(context_, both);
      if (model_.activation == Activation::kDrelu) both = ggml_relu_inplace(context_, both);
      return ggml_reglu(context_, both);
    }
    ggml_tensor* gate = ggml_mul_mat(context_, weights.gate, normed);
    ggml_tensor* up = ggml_mul_mat(context_, weights.up, normed);
    if (silu) of_gate = gate;
    if (silu) return ggml_swiglu_split(context_, gate, up);
    if (model_.activation == Activation::kDrelu) up = ggml_relu_inplace(context_, up);
    return ggml_reglu_split(context_, gate, up);
  }

  ggml_tensor* plus(ggml_tensor* sum, ggml_tensor* residual) {
    return residual == nullptr ? sum : ggml_add(context_, sum, residual);
  }

  /// The part of the block that the GPU computes, in an open stage of its own.
  ggml_tensor* hot_block(const LayerWeights& weights, ggml_tensor* normed, ggml_tensor* residual) {
    stages_.count_block();
    ggml_tensor* of_gate = nullptr;
    return plus(ggml_mul_mat(context_, weights.hot.down, activate(weights.hot, normed, of_gate)), residual);
  }

  /// The part that the CPU computes, in an open stage of its own.
  ggml_tensor* rest(int layer, FeedForwardInput input, ggml_tensor* residual) {
    stages_.count_block();
    if (options_.feed_forward) return options_.feed_forward(context_, layer, input, residual);
    const FeedForwardWeights& weights = layer_weights(layer).rest;
    FeedForwardInputs inputs{.normed = input.normed};
    ggml_tensor* activations = activate(weights, input.normed, inputs.gate);
    if (options_.keep_activations || options_.keep_feed_forward) keep_activations(activations);
    if (options_.keep_feed_forward) keep_inputs(inputs);
    return plus(ggml_mul_mat(context_, weights.down, activations), residual);
  }

  void keep_activations(ggml_tensor* activations) {
    // Nothing else asks for the last layer's where no logits are computed.
    stages_.compute(activations);
    graph_.activations.push_back(activations);
  }

  void keep_inputs(const FeedForwardInputs& inputs) {
    ggml_set_output(inputs.normed);
    if (inputs.gate != nullptr) ggml_set_output(inputs.gate);
    graph_.feed_forward_inputs.push_back(inputs);
  }

  /// Leaves in terms_ what the residual stream consists of after the block.
  void feed_forward_block(int layer, ggml_tensor* hidden) {
    const LayerWeights& weights = layer_weights(layer);
    ggml_tensor* normed = norm(hidden, weights.ffn_norm);
    const bool on_gpu = stages_.device() == Device::kGpu;
    if (on_gpu && !weights.rest) {
      terms_ = {hot_block(weights, normed, hidden)};
    } else if (!on_gpu && !weights.hot) {
      terms_ = {rest(layer, {.normed = normed, .hidden = hidden}, hidden)};
    } else {
      stages_.put(hidden, Slot::kResidual);
      stages_.put(normed, Slot::kNormed);
      stages_.close();
      if (on_gpu) {
        divide_from_gpu(layer);
      } else {
        divide_from_cpu(layer);
      }
    }
  }

  /// Attention was computed on the GPU, which adds up what both devices compute.
  void divide_from_gpu(int layer) {
    const LayerWeights& weights = layer_weights(layer);
    stages_.download(Slot::kNormed, Slot::kNormed, columns_);
    if (options_.needs_hidden) stages_.download(Slot::kResidual, Slot::kResidual, columns_);
    stages_.wait();
    if (weights.hot) {
      stages_.open(Device::kGpu, "hot block " + std::to_string(layer));
      ggml_tensor* residual = stages_.take(Slot::kResidual, columns_);
      stages_.put(hot_block(weights, stages_.take(Slot::kNormed, columns_), residual), Slot::kHot);
      stages_.close();
    }
    compute_rest(layer, false);
    stages_.upload(Slot::kSum, Slot::kSum, columns_);
    open_attention(Device::kGpu, layer + 1);
    terms_ = {stages_.take(weights.hot ? Slot::kHot : Slot::kResidual, columns_),
              stages_.take(Slot::kSum, columns_)};
  }

  /// Attention was computed on the CPU, which adds up what both devices compute.
  void divide_from_cpu(int layer) {
    const LayerWeights& weights = layer_weights(layer);
    stages_.upload(Slot::kNormed, Slot::kNormed, columns_);
    stages_.open(Device::kGpu, "hot block " + std::to_string(layer));
    stages_.put(hot_block(weights, stages_.take(Slot::kNormed, columns_), nullptr), Slot::kHot);
    stages_.close();
    stages_.download(Slot::kHot, Slot::kHot, columns_);
    if (weights.rest) compute_rest(layer, true);
    stages_.wait();
    open_attention(Device::kCpu, layer + 1);
    terms_ = {stages_.take(weights.rest ? Slot::kSum : Slot::kResidual, columns_),
              stages_.take(Slot::kHot, columns_)};
  }

  void compute_rest(int layer, bool with_residual) {
    stages_.open(Device::kCpu, "rest " + std::to_string(layer));
    FeedForwardInput input{.normed = stages_.take(Slot::kNormed, columns_), .hidden = nullptr};
    if (with_residual || options_.needs_hidden) input.hidden = stages_.take(Slot::kResidual, columns_);
    stages_.put(rest(layer, input, with_residual ? input.hidden : nullptr), Slot::kSum);
    stages_.close();
  }

  void add_head(ggml_tensor* hidden) {
    graph_.logits_device = stages_.device();
    graph_.logits = ggml_mul_mat(context_, weights_.head, norm(hidden, weights_.output_norm));
    ggml_set_output(graph_.logits);
    stages_.compute(graph_.logits);
  }

  const ModelFile& model_;
  const Layout& layout_;
  const Weights& weights_;
  const KvCache& cache_;
  const GraphOptions& options_;
  RopeSettings rope_;
  Graph graph_;
  StageWriter stages_;
  ggml_context* context_ = nullptr;
  std::vector<ggml_tensor*> terms_;  ///< in the open stage; their sum is the residual stream
  int columns_ = 0;                  ///< tokens that the residual stream is still computed for
};

bool reserve(ggml_gallocr* allocator, const Graph& graph, Device device) {
  return std::all_of(graph.stages.begin(), graph.stages.end(), [&](const Stage& stage) {
    return stage.device != device || ggml_gallocr_reserve(allocator, stage.nodes);
  });
}

/// Stages come one after the other: their intermediate results share one memory.
bool allocate(ggml_gallocr* allocator, const Graph& graph, Device device) {
  if (!reserve(allocator, graph, device)) return false;
  return std::all_of(graph.stages.begin(), graph.stages.end(), [&](const Stage& stage) {
    if (stage.device != device) return true;
    // The allocator remembers one graph, and tells two apart by their sizes only.
    return ggml_gallocr_reserve(allocator, stage.nodes) && ggml_gallocr_alloc_graph(allocator, stage.nodes);
  });
}

/// Activations are looked at when all stages are done: they keep memory of their own.
bool keep(Graph& graph) {
  ggml_backend_buffer_type_t type = plain_buffer_type();
  const std::size_t alignment = ggml_backend_buft_get_alignment(type);
  std::size_t bytes = 0;
  for (const ggml_tensor* layer : graph.activations) bytes += GGML_PAD(ggml_nbytes(layer), alignment);
  if (bytes == 0) return true;
  graph.activation_memory.reset(ggml_backend_buft_alloc_buffer(type, bytes));
  if (!graph.activation_memory) return false;
  ggml_tallocr allocator = ggml_tallocr_new(graph.activation_memory.get());
  return std::all_of(graph.activations.begin(), graph.activations.end(), [&](ggml_tensor* layer) {
    return ggml_tallocr_alloc(&allocator, layer) == GGML_STATUS_SUCCESS;
  });
}

}  // namespace

Graph build_graph(const GraphParts& parts, const GraphShape& shape, const GraphOptions& options) {
  Graph graph = Builder(parts, shape, options).build();
  graph.allocator.reset(ggml_gallocr_new(plain_buffer_type()));
  if (!keep(graph) || !allocate(graph.allocator.get(), graph, Device::kCpu)) {
    throw Error(ErrorKind::kOutOfMemory, "not enough memory for the intermediate results of " +
                                             std::to_string(shape.tokens) +
                                             " tokens; choose a smaller model");
  }
  if (parts.gpu_allocator != nullptr && !allocate(parts.gpu_allocator, graph, Device::kGpu)) {
    throw GpuError("its memory does not hold the intermediate results");
  }
  return graph;
}

Graph describe_graph(const GraphParts& parts, const GraphShape& shape) {
  return Builder(parts, shape, {}).build();
}

}  // namespace hotset
