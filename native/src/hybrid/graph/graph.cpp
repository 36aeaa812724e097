#include "hybrid/graph/graph.h"

#include <string>

#include "gguf/llama_layout.h"
#include "hybrid/graph/activate.h"
#include "hybrid/graph/attention.h"
#include "hybrid/graph/graph_memory.h"
#include "hybrid/graph/stages.h"
#include "hybrid/products/packed_products.h"

namespace hotset {
namespace {

// Per layer about 30 operators and views, and leaves where it is cut; the rest is input, output and margin.
constexpr std::size_t kTensorsPerLayer = 64;
constexpr std::size_t kTensorsOfModel = 64;

Graph empty_graph(const ModelFile& model, const GraphShape& shape) {
  Graph graph;
  graph.shape = shape;
  graph.context = make_context(kTensorsOfModel + kTensorsPerLayer * static_cast<std::size_t>(model.layers));
  return graph;
}

/// For the trace, which so shows drafts as well.
std::string step_name(int tokens) {
  return tokens == 1 ? "step" : "step of " + std::to_string(tokens) + " tokens";
}

class Builder {
 public:
  Builder(const GraphParts& parts, const GraphShape& shape, const GraphOptions& options)
      : model_(parts.model),
        layout_(parts.layout),
        weights_(parts.weights),
        options_(options),
        graph_(empty_graph(parts.model, shape)),
        context_(graph_.context.get()),
        stages_(graph_, parts.exchange),
        attention_(parts, graph_, stages_, options.attend) {}

  Graph build() {
    stages_.open(Device::kCpu, layout_.gpu == nullptr ? step_name(tokens()) : "embedding");
    terms_ = {
        scaled(ggml_get_rows(context_, weights_.token_embedding, stages_.tokens()), model_.scales.embedding)};
    columns_ = tokens();
    for (int layer = 0; layer < model_.layers; ++layer) {
      ggml_tensor* hidden = attention_block(layer, residual_stream_on(layout_.attention(layer), layer));
      if (hidden == nullptr) {
        stages_.close();
        return std::move(graph_);
      }
      feed_forward_block(layer, hidden);
    }
    if (graph_.shape.wanted.outputs != Outputs::kNone) {
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

  ggml_tensor* norm(ggml_tensor* input, const NormWeights& weights) {
    ggml_tensor* normed = architecture_of(model_).norm == Norm::kLayer
                              ? ggml_norm(context_, input, model_.norm_epsilon)
                              : ggml_rms_norm(context_, input, model_.norm_epsilon);
    normed = ggml_mul(context_, normed, weights.weight);
    return weights.bias == nullptr ? normed : ggml_add(context_, normed, weights.bias);
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
    ggml_tensor* joined = packed() ? packed()->query_key_value(context_, layer, hidden) : nullptr;
    ggml_tensor* queries = joined != nullptr ? attention_.store_joined(layer, joined)
                                             : attention_.store(layer, norm(hidden, weights.attention_norm));
    const bool last_layer = layer == model_.layers - 1;
    const bool last_needed = graph_.shape.wanted.outputs != Outputs::kNone || options_.keep_feed_forward;
    if (last_layer && !last_needed) return nullptr;

    ggml_tensor* attended = attention_.attend(layer, queries);
    if (last_layer && graph_.shape.wanted.outputs == Outputs::kLast && tokens() > 1) {
      attended = last_column(attended);
      hidden = last_column(hidden);
      columns_ = 1;
    }
    ggml_tensor* sum = packed() ? packed()->attention_output(context_, layer, attended, hidden) : nullptr;
    return sum != nullptr ? sum : plus(attention_.output(layer, attended), hidden);
  }

  ggml_tensor* scaled(ggml_tensor* tensor, float scale) {
    return scale == 1.0F ? tensor : ggml_scale(context_, tensor, scale);
  }

  /// What a block adds to the residual stream, and the latter where it is not null.
  ggml_tensor* plus(ggml_tensor* block, ggml_tensor* residual) {
    block = scaled(block, model_.scales.residual);
    return residual == nullptr ? block : ggml_add(context_, block, residual);
  }

  /// The part of the block that the GPU computes, in an open stage of its own.
  ggml_tensor* hot_block(const LayerWeights& weights, ggml_tensor* normed, ggml_tensor* residual) {
    stages_.count_block();
    return plus(
        ggml_mul_mat(context_, weights.hot.down, activate(context_, model_.activation, weights.hot, normed)),
        residual);
  }

  /// The part that the CPU computes, in an open stage of its own.
  ggml_tensor* rest(int layer, FeedForwardInput input, ggml_tensor* residual) {
    stages_.count_block();
    if (options_.feed_forward) {
      if (model_.scales.residual == 1.0F) return options_.feed_forward(context_, layer, input, residual);
      return plus(options_.feed_forward(context_, layer, input, nullptr), residual);
    }
    const FeedForwardWeights& weights = layer_weights(layer).rest;
    FeedForwardInputs inputs{.normed = input.normed};
    ggml_tensor* activations = packed() ? packed()->activations(context_, layer, input) : nullptr;
    if (activations == nullptr) {
      activations = activate(context_, model_.activation, weights, input.normed, &inputs.gate);
    }
    if (options_.keep_activations || options_.keep_feed_forward) keep_activations(activations);
    if (options_.keep_feed_forward) keep_inputs(inputs);
    ggml_tensor* sum = packed() ? packed()->down(context_, layer, activations, residual) : nullptr;
    return sum != nullptr ? sum : plus(ggml_mul_mat(context_, weights.down, activations), residual);
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
    // Here, because neurons may be divided. Sparse modes, which read what the norm does, meet no such bias.
    ggml_tensor* residual =
        weights.down_bias == nullptr ? hidden : ggml_add(context_, hidden, weights.down_bias);
    const bool on_gpu = stages_.device() == Device::kGpu;
    if (on_gpu && !weights.rest) {
      terms_ = {hot_block(weights, normed, residual)};
    } else if (!on_gpu && !weights.hot) {
      terms_ = {rest(layer, {.normed = normed, .hidden = hidden}, residual)};
    } else {
      stages_.put(residual, Slot::kResidual);
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

  /// Products over packed rows in the open stage; null: ggml's have to do.
  const PackedProducts* packed() const {
    return stages_.device() == Device::kCpu ? options_.products : nullptr;
  }

  void add_head(ggml_tensor* hidden) {
    graph_.logits_device = stages_.device();
    if (packed() && graph_.shape.wanted.for_choice)
      graph_.logits = packed()->head_for_choice(context_, hidden);
    if (packed() && graph_.logits == nullptr) graph_.logits = packed()->head(context_, hidden);
    if (graph_.logits == nullptr) {
      graph_.logits = scaled(ggml_mul_mat(context_, weights_.head, norm(hidden, weights_.output_norm)),
                             model_.scales.logits);
    }
    ggml_set_output(graph_.logits);
    stages_.compute(graph_.logits);
  }

  const ModelFile& model_;
  const Layout& layout_;
  const Weights& weights_;
  const GraphOptions& options_;
  Graph graph_;
  ggml_context* context_;
  StageWriter stages_;
  Attention attention_;
  std::vector<ggml_tensor*> terms_;  ///< in the open stage; their sum is the residual stream
  int columns_ = 0;                  ///< tokens that the residual stream is still computed for
};

}  // namespace

Graph build_graph(const GraphParts& parts, const GraphShape& shape, const GraphOptions& options) {
  Graph graph = Builder(parts, shape, options).build();
  allocate(graph, parts.gpu_allocator);
  return graph;
}

Graph describe_graph(const GraphParts& parts, const GraphShape& shape) {
  return Builder(parts, shape, {}).build();
}

}  // namespace hotset
