#include "hybrid/graph.h"

#include <cmath>

#include "error.h"
#include "hybrid/buffer_types.h"
#include "hybrid/rope.h"

namespace hotset {
namespace {

// Per layer about 30 operators and views; the rest is input, output and margin.
constexpr std::size_t kTensorsPerLayer = 48;
constexpr std::size_t kTensorsOfModel = 64;

class Builder {
 public:
  Builder(const ModelFile& model, const Weights& weights, const KvCache& cache, const GraphShape& shape,
          const GraphOptions& options)
      : model_(model), weights_(weights), cache_(cache), options_(options), rope_(rope_settings(model)) {
    const std::size_t tensors = kTensorsOfModel + kTensorsPerLayer * static_cast<std::size_t>(model.layers);
    const std::size_t bytes = ggml_tensor_overhead() * tensors + ggml_graph_overhead_custom(tensors, false);
    graph_.shape = shape;
    graph_.context.reset(ggml_init({.mem_size = bytes, .mem_buffer = nullptr, .no_alloc = true}));
    context_ = graph_.context.get();
    graph_.nodes = ggml_new_graph_custom(context_, tensors, false);
  }

  Graph build() {
    add_inputs();
    ggml_tensor* hidden = ggml_get_rows(context_, weights_.token_embedding, graph_.tokens);
    for (int layer = 0; layer < model_.layers; ++layer) {
      hidden = attention_block(layer, hidden);
      if (hidden == nullptr) break;
      hidden = feed_forward_block(layer, hidden);
    }
    if (graph_.shape.outputs != Outputs::kNone) add_head(hidden);
    allocate();
    return std::move(graph_);
  }

 private:
  int tokens() const { return graph_.shape.tokens; }
  const LayerWeights& layer_weights(int layer) const {
    return weights_.layers[static_cast<std::size_t>(layer)];
  }

  void add_inputs() {
    graph_.tokens = ggml_new_tensor_1d(context_, GGML_TYPE_I32, tokens());
    graph_.positions = ggml_new_tensor_1d(context_, GGML_TYPE_I32, tokens());
    graph_.rows = ggml_new_tensor_1d(context_, GGML_TYPE_I64, tokens());
    graph_.mask = ggml_new_tensor_2d(context_, GGML_TYPE_F16, graph_.shape.kv_length, tokens());
    for (ggml_tensor* input : {graph_.tokens, graph_.positions, graph_.rows, graph_.mask})
      ggml_set_input(input);
  }

  ggml_tensor* norm(ggml_tensor* input, ggml_tensor* weight) {
    return ggml_mul(context_, ggml_rms_norm(context_, input, model_.rms_epsilon), weight);
  }

  ggml_tensor* product(ggml_tensor* matrix, ggml_tensor* input, ggml_tensor* bias) {
    ggml_tensor* result = ggml_mul_mat(context_, matrix, input);
    return bias == nullptr ? result : ggml_add(context_, result, bias);
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
    return ggml_rope_ext(context_, heads, graph_.positions, weights_.rope_factors, rope_.dimensions,
                         rope_.mode, rope_.original_context_length, rope_.frequency_base,
                         rope_.frequency_scale, rope_.extrapolation_factor, rope_.attention_factor,
                         kYarnBetaFast, kYarnBetaSlow);
  }

  /// Writes heads [head length, KV heads, tokens] into their rows of `cache`.
  void store(ggml_tensor* cache, ggml_tensor* heads) {
    // Rows of the cache: both inner dimensions become one, whatever lies between two tokens of the source.
    ggml_tensor* flat = ggml_view_2d(context_, heads, heads->ne[0] * heads->ne[1], tokens(), heads->nb[2], 0);
    ggml_build_forward_expand(graph_.nodes, ggml_set_rows(context_, cache, flat, graph_.rows));
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
    ggml_tensor* attended = ggml_flash_attn_ext(context_, query, stored(cache_.keys(layer)),
                                                stored(cache_.values(layer)), graph_.mask, scale, 0.0F, 0.0F);
    ggml_prec_set_acc(attended, GGML_PREC_F32);
    attended = ggml_reshape_2d(context_, attended, attended->ne[0] * attended->ne[1], tokens());
    if (last_layer && graph_.shape.outputs == Outputs::kLast && tokens() > 1) {
      attended = last_column(attended);
      hidden = last_column(hidden);
    }
    ggml_tensor* output = product(weights.attention_output, attended, weights.attention_output_bias);
    return ggml_add(context_, output, hidden);
  }

  /// of_gate: of SiLU models set to a tensor that begins with gate's product.
  ggml_tensor* activate(const LayerWeights& weights, ggml_tensor* normed, ggml_tensor*& of_gate) {
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

  ggml_tensor* feed_forward_block(int layer, ggml_tensor* hidden) {
    const LayerWeights& weights = layer_weights(layer);
    ggml_tensor* normed = norm(hidden, weights.ffn_norm);
    if (options_.feed_forward) {
      return options_.feed_forward(context_, layer, {.normed = normed, .hidden = hidden}, hidden);
    }
    FeedForwardInputs inputs{.normed = normed};
    ggml_tensor* activations = activate(weights, normed, inputs.gate);
    if (options_.keep_activations || options_.keep_feed_forward) keep_activations(activations);
    if (options_.keep_feed_forward) keep_inputs(inputs);
    return ggml_add(context_, ggml_mul_mat(context_, weights.down, activations), hidden);
  }

  void keep_activations(ggml_tensor* activations) {
    ggml_set_output(activations);
    // Nothing else asks for the last layer's where no logits are computed.
    ggml_build_forward_expand(graph_.nodes, activations);
    graph_.activations.push_back(activations);
  }

  void keep_inputs(const FeedForwardInputs& inputs) {
    ggml_set_output(inputs.normed);
    if (inputs.gate != nullptr) ggml_set_output(inputs.gate);
    graph_.feed_forward_inputs.push_back(inputs);
  }

  void add_head(ggml_tensor* hidden) {
    graph_.logits = ggml_mul_mat(context_, weights_.head, norm(hidden, weights_.output_norm));
    ggml_set_output(graph_.logits);
    ggml_build_forward_expand(graph_.nodes, graph_.logits);
  }

  void allocate() {
    graph_.allocator.reset(ggml_gallocr_new(plain_buffer_type()));
    if (!ggml_gallocr_alloc_graph(graph_.allocator.get(), graph_.nodes)) {
      throw Error(ErrorKind::kOutOfMemory, "not enough memory for the intermediate results of " +
                                               std::to_string(tokens()) + " tokens; choose a smaller model");
    }
  }

  const ModelFile& model_;
  const Weights& weights_;
  const KvCache& cache_;
  const GraphOptions& options_;
  RopeSettings rope_;
  Graph graph_;
  ggml_context* context_ = nullptr;
};

}  // namespace

Graph build_graph(const ModelFile& model, const Weights& weights, const KvCache& cache,
                  const GraphShape& shape, const GraphOptions& options) {
  return Builder(model, weights, cache, shape, options).build();
}

}  // namespace hotset
