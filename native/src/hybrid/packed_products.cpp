#include "hybrid/packed_products.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <string>
#include <thread>
#include <utility>

#include "runtime/parallel.h"

namespace hotset {
namespace {

using Names = std::vector<std::string>;

/// What kernels may ask for behind the last group, though they read nothing there.
constexpr std::size_t kBehind = std::size_t{8} << 10U;
/// Groups that are packed in one go.
constexpr int kPiece = 16;

int longest_row(const ModelFile& model) {
  return std::max({model.embedding_length, model.feed_forward_length, model.heads * model.value_length,
                   model.heads * model.key_length});
}

Names query_key_value_of(const ModelFile& model, const std::string& prefix) {
  if (model.tensors.contains(prefix + "attn_qkv.weight")) return {prefix + "attn_qkv.weight"};
  return {prefix + "attn_q.weight", prefix + "attn_k.weight", prefix + "attn_v.weight"};
}

Names gate_up_of(const std::string& prefix) { return {prefix + "ffn_gate.weight", prefix + "ffn_up.weight"}; }

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
      : products_(products), model_(model), layout_(layout), weights_(weights), kernel_(kernel) {}

  void describe() {
    products_.layers_.resize(static_cast<std::size_t>(model_.layers));
    for (int layer = 0; layer < model_.layers; ++layer) describe_layer(layer);
    if (layout_.head() != Device::kCpu) return;
    add(products_.head_, head_of(model_), {.norm = weights_.output_norm});
  }

  void pack(int threads, const Progress& progress) {
    products_.memory_ = LargeMemory(size_ + kBehind);
    std::vector<Job> jobs;
    for (Planned& planned : planned_) make(planned, jobs);
    add_without_norm();
    std::atomic<std::size_t> done{0};
    const auto caller = std::this_thread::get_id();
    parallel_for(threads, jobs.size(), [&](std::size_t i) {
      jobs[i].matrix.pack(jobs[i].source, jobs[i].groups);
      const std::size_t so_many = ++done;
      if (std::this_thread::get_id() != caller) return;
      progress(static_cast<double>(so_many) / static_cast<double>(jobs.size()));
    });
  }

 private:
  /// What stands around a product.
  struct Around {
    const ggml_tensor* norm = nullptr;
    std::vector<const ggml_tensor*> biases = {};
    std::optional<Activation> activation = {};
  };

  struct Planned {
    std::unique_ptr<ProductNode>* node;
    Names names;
    Around around;
    std::size_t place;  ///< in the memory
  };

  struct Job {
    RowMatrix matrix;
    const std::byte* source;
    Range groups;
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
          {.biases = {weights.attention_output_bias}});
    }
    if (layout_.hot(number) > 0 || layout_.map_feed_forward) return;
    add(layer.activations, gate_up_of(prefix), {.norm = weights.ffn_norm, .activation = model_.activation});
    add(layer.down, {prefix + "ffn_down.weight"}, {});
  }

  void add_without_norm() {
    for (Layer& layer : products_.layers_) {
      if (layer.activations) layer.activations_of_normed = layer.activations->without_norm();
    }
  }

  /// Does nothing where the matrices cannot be packed.
  void add(std::unique_ptr<ProductNode>& node, Names names, Around around) {
    if (!can_be_row_matrices(model_, names)) return;
    if (around.norm != nullptr && around.norm->type != GGML_TYPE_F32) return;
    planned_.push_back(
        {.node = &node, .names = std::move(names), .around = std::move(around), .place = size_});
    const Planned& planned = planned_.back();
    for (const std::string& name : planned.names) {
      const TensorInfo& info = model_.tensors.at(name);
      const auto rows = static_cast<std::size_t>(info.shape[1]);
      size_ += (rows + kGroupRows - 1) / kGroupRows * group_bytes_of(info);
    }
  }

  static std::size_t group_bytes_of(const TensorInfo& info) {
    return group_bytes(info.type, static_cast<int>(info.shape[0]));
  }

  /// Gate's and up's groups take turns, so that both are one stream; other matrices lie one behind the other.
  void make(Planned& planned, std::vector<Job>& jobs) {
    const bool in_turns = planned.around.activation.has_value();
    std::size_t turn = 0;
    for (const std::string& name : planned.names) turn += group_bytes_of(model_.tensors.at(name));
    std::byte* memory = products_.memory_.bytes().data() + planned.place;
    ProductParts parts{.norm = data_of(planned.around.norm),
                       .epsilon = model_.rms_epsilon,
                       .bias = joined(planned),
                       .activation = planned.around.activation};
    for (const std::string& name : planned.names) {
      const TensorInfo& info = model_.tensors.at(name);
      const std::size_t bytes = group_bytes_of(info);
      const RowMatrix matrix(info.type, static_cast<int>(info.shape[1]), static_cast<int>(info.shape[0]),
                             memory, in_turns ? turn : bytes, kernel_);
      memory += in_turns ? bytes : bytes * static_cast<std::size_t>(matrix.groups());
      for (int group = 0; group < matrix.groups(); group += kPiece) {
        jobs.push_back({.matrix = matrix,
                        .source = weights_.file_bytes(name),
                        .groups = {.begin = group, .end = std::min(matrix.groups(), group + kPiece)}});
      }
      parts.matrices.push_back(matrix);
    }
    *planned.node = std::make_unique<ProductNode>(products_.team_, std::move(parts));
  }

  static const float* data_of(const ggml_tensor* tensor) {
    return tensor == nullptr ? nullptr : static_cast<const float*>(tensor->data);
  }

  /// The biases one behind the other, zeros where a matrix has none; empty where none has one.
  std::vector<float> joined(const Planned& planned) const {
    const auto& biases = planned.around.biases;
    if (std::all_of(biases.begin(), biases.end(), [](const auto* bias) { return bias == nullptr; }))
      return {};
    std::vector<float> all;
    for (std::size_t i = 0; i < biases.size(); ++i) {
      const auto rows = static_cast<std::size_t>(model_.tensors.at(planned.names[i]).shape[1]);
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
  std::vector<Planned> planned_;
  std::size_t size_ = 0;
};

bool PackedProducts::can_pack_whole(const ModelFile& model) {
  for (int layer = 0; layer < model.layers; ++layer) {
    const std::string prefix = "blk." + std::to_string(layer) + ".";
    for (const Names& names : {query_key_value_of(model, prefix), Names{prefix + "attn_output.weight"},
                               gate_up_of(prefix), Names{prefix + "ffn_down.weight"}}) {
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

}  // namespace hotset
