#include "hybrid/products/packed_products.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "gguf/llama_layout.h"
#include "hybrid/products/packed_cache_store.h"
#include "hybrid/products/packed_plan.h"
#include "runtime/parallel.h"

namespace hotset {
namespace {

using Names = std::vector<std::string>;

/// Bytes of a head that no cache holds.
constexpr std::size_t kWorthPlanes = std::size_t{16} << 20U;

int longest_row(const ModelFile& model) {
  return std::max({model.embedding_length, model.feed_forward_length, model.heads * model.value_length,
                   model.heads * model.key_length});
}

Names query_key_value_of(const ModelFile& model, const std::string& prefix) {
  if (model.tensors.contains(prefix + "attn_qkv.weight")) return {prefix + "attn_qkv.weight"};
  return {prefix + "attn_q.weight", prefix + "attn_k.weight", prefix + "attn_v.weight"};
}

Names neuron_inputs_of(const ModelFile& model, const std::string& prefix) {
  if (!architecture_of(model).gated) return {prefix + "ffn_up.weight"};
  return {prefix + "ffn_gate.weight", prefix + "ffn_up.weight"};
}

Names head_of(const ModelFile& model) {
  return {model.tensors.contains("output.weight") ? "output.weight" : "token_embd.weight"};
}

ggml_tensor* built(const std::unique_ptr<ProductNode>& node, ggml_context* context, ggml_tensor* input,
                   ggml_tensor* residual) {
  return node ? node->build(context, input, residual) : nullptr;
}

}  // namespace

/// Notes what is to be packed, so that all of it goes into one piece of memory, and packs it.
class PackedProducts::Packer {
 public:
  Packer(PackedProducts& products, const ModelFile& model, const Layout& layout, const Weights& weights,
         KernelChoice kernel)
      : products_(products),
        model_(model),
        layout_(layout),
        weights_(weights),
        kernel_(kernel),
        plan_(model) {}

  void describe() {
    products_.layers_.resize(static_cast<std::size_t>(model_.layers));
    for (int layer = 0; layer < model_.layers; ++layer) describe_layer(layer);
    if (layout_.head() != Device::kCpu) return;
    add_head({.norm = weights_.output_norm, .scale = model_.scales.logits});
  }

  void pack(int threads, const Progress& progress) {
    const MatrixSource source = [this](const std::string& name) { return weights_.file_bytes(name); };
    if (is_whole()) {
      products_.cache_ = open_or_build_packed_cache(model_, plan_, source, threads, progress);
    }
    const std::byte* memory =
        products_.cache_ ? products_.cache_->rows().data() : pack_in_memory(source, threads, progress);
    for (Planned& planned : planned_) make(planned, memory);
    add_without_norm();
  }

 private:
  /// What stands around a product.
  struct Around {
    NormWeights norm = {};
    std::vector<const ggml_tensor*> biases = {};
    float scale = 1.0F;
    std::optional<Activation> activation = {};
  };

  struct Planned {
    std::unique_ptr<ProductNode>* node;
    Around around;
    std::vector<PackedMatrix> matrices;
  };

  void describe_layer(int number) {
    const std::string prefix = "blk." + std::to_string(number) + ".";
    const LayerWeights& weights = weights_.layers[static_cast<std::size_t>(number)];
    Layer& layer = products_.layers_[static_cast<std::size_t>(number)];
    if (layout_.attention(number) == Device::kCpu) {
      std::vector<const ggml_tensor*> biases = {weights.query_bias, weights.key_bias, weights.value_bias};
      const Names names = query_key_value_of(model_, prefix);
      if (names.size() == 1) biases = {weights.qkv_bias};
      add(layer.query_key_value, names, {.norm = weights.attention_norm, .biases = std::move(biases)});
      add(layer.attention_output, {prefix + "attn_output.weight"},
          {.biases = {weights.attention_output_bias}, .scale = model_.scales.residual});
    }
    if (layout_.hot(number) > 0 || layout_.map_feed_forward) return;
    add(layer.activations, neuron_inputs_of(model_, prefix),
        {.norm = weights.ffn_norm, .biases = {weights.rest.up_bias}, .activation = model_.activation});
    add(layer.down, {prefix + "ffn_down.weight"}, {.scale = model_.scales.residual});
  }

  /// Whether nothing is left to a GPU or to a sparse mode. Only then is the plan the same for every load.
  bool is_whole() const { return !layout_.uses_gpu() && !layout_.map_feed_forward; }

  const std::byte* pack_in_memory(const MatrixSource& source, int threads, const Progress& progress) {
    products_.memory_ = LargeMemory(plan_.bytes());
    std::byte* memory = products_.memory_.bytes().data();
    const std::vector<PackedPlan::Piece> pieces = plan_.pieces();
    parallel_for_reporting(threads, pieces.size(), progress,
                           [&](std::size_t i) { plan_.pack(pieces[i], source, memory + pieces[i].place); });
    return memory;
  }

  void add_without_norm() {
    for (Layer& layer : products_.layers_) {
      if (layer.activations) layer.activations_of_normed = layer.activations->without_norm();
    }
  }

  /// Does nothing where the matrices cannot be packed.
  void add(std::unique_ptr<ProductNode>& node, const Names& names, Around around) {
    if (!can_be_row_matrices(model_, names)) return;
    // Gate and up are one stream.
    const bool in_turns = around.activation.has_value();
    planned_.push_back({.node = &node, .around = std::move(around), .matrices = plan_.add(names, in_turns)});
  }

  /// In two planes where memory decides how long it takes.
  void add_head(Around around) {
    const Names names = head_of(model_);
    const auto found = model_.tensors.find(names.front());
    if (found == model_.tensors.end() || found->second.size < kWorthPlanes || around.scale != 1.0F ||
        !can_split(found->second.type, static_cast<int>(found->second.shape[0]))) {
      add(products_.head_, names, std::move(around));
      return;
    }
    PackedPlan::PackedPlanes planes = plan_.add_planes(names.front());
    planned_.push_back({.node = &products_.head_,
                        .around = std::move(around),
                        .matrices = {std::move(planes.coarse), std::move(planes.fine)}});
  }

  void make(const Planned& planned, const std::byte* memory) {
    ProductParts parts{.norm = data_of(planned.around.norm.weight),
                       .norm_bias = data_of(planned.around.norm.bias),
                       .epsilon = model_.norm_epsilon,
                       .norm_kind = architecture_of(model_).norm,
                       .bias = joined(planned),
                       .scale = planned.around.scale,
                       .activation = planned.around.activation};
    const PackedMatrix& first = planned.matrices.front();
    if (first.part == GroupPart::kCoarse) {
      const PackedMatrix& fine = planned.matrices.back();
      const RowMatrix matrix(first.type, first.rows, first.length, {memory + first.place, first.stride},
                             {memory + fine.place, fine.stride}, kernel_);
      parts.matrices.push_back(matrix);
      *planned.node = std::make_unique<ProductNode>(products_.team_, std::move(parts));
      products_.choice_ = std::make_unique<HeadNode>(**planned.node, matrix, products_.team_);
      return;
    }
    for (const PackedMatrix& matrix : planned.matrices) {
      parts.matrices.emplace_back(matrix.type, matrix.rows, matrix.length, memory + matrix.place,
                                  matrix.stride, kernel_);
    }
    *planned.node = std::make_unique<ProductNode>(products_.team_, std::move(parts));
  }

  static const float* data_of(const ggml_tensor* tensor) {
    return tensor == nullptr ? nullptr : static_cast<const float*>(tensor->data);
  }

  /// The biases one behind the other, zeros where a matrix has none; empty where none has one.
  static std::vector<float> joined(const Planned& planned) {
    const auto& biases = planned.around.biases;
    if (std::all_of(biases.begin(), biases.end(), [](const auto* bias) { return bias == nullptr; }))
      return {};
    std::vector<float> all;
    for (std::size_t i = 0; i < biases.size(); ++i) {
      const auto rows = static_cast<std::size_t>(planned.matrices[i].rows);
      if (biases[i] == nullptr) {
        all.resize(all.size() + rows);
      } else {
        all.insert(all.end(), data_of(biases[i]), data_of(biases[i]) + rows);
      }
    }
    return all;
  }

  PackedProducts& products_;
  const ModelFile& model_;
  const Layout& layout_;
  const Weights& weights_;
  KernelChoice kernel_;
  PackedPlan plan_;
  std::vector<Planned> planned_;
};

bool PackedProducts::can_pack_whole(const ModelFile& model) {
  for (int layer = 0; layer < model.layers; ++layer) {
    const std::string prefix = "blk." + std::to_string(layer) + ".";
    for (const Names& names : {query_key_value_of(model, prefix), Names{prefix + "attn_output.weight"},
                               neuron_inputs_of(model, prefix), Names{prefix + "ffn_down.weight"}}) {
      if (!can_be_row_matrices(model, names)) return false;
    }
  }
  return can_be_row_matrices(model, head_of(model));
}

PackedProducts::PackedProducts(const ModelFile& model, const Layout& layout, const Weights& weights,
                               KernelChoice kernel, int threads, const Progress& progress)
    : team_(kernel, threads, longest_row(model)) {
  Packer packer(*this, model, layout, weights, kernel);
  packer.describe();
  packer.pack(threads, progress);
}

ggml_tensor* PackedProducts::query_key_value(ggml_context* context, int layer, ggml_tensor* hidden) const {
  return built(at(layer).query_key_value, context, hidden, nullptr);
}

ggml_tensor* PackedProducts::attention_output(ggml_context* context, int layer, ggml_tensor* attended,
                                              ggml_tensor* residual) const {
  return built(at(layer).attention_output, context, attended, residual);
}

ggml_tensor* PackedProducts::activations(ggml_context* context, int layer,
                                         const FeedForwardInput& input) const {
  if (input.hidden == nullptr) {
    return built(at(layer).activations_of_normed, context, input.normed, nullptr);
  }
  return built(at(layer).activations, context, input.hidden, nullptr);
}

ggml_tensor* PackedProducts::down(ggml_context* context, int layer, ggml_tensor* activations,
                                  ggml_tensor* residual) const {
  return built(at(layer).down, context, activations, residual);
}

ggml_tensor* PackedProducts::head(ggml_context* context, ggml_tensor* hidden) const {
  return built(head_, context, hidden, nullptr);
}

ggml_tensor* PackedProducts::head_for_choice(ggml_context* context, ggml_tensor* hidden) const {
  return choice_ && hidden->ne[1] <= kPanelColumns ? choice_->build(context, hidden) : nullptr;
}

}  // namespace hotset
