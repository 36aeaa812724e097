#include "hybrid/weights/weights.h"

#include <algorithm>
#include <span>
#include <string>

#include "hybrid/weights/gather.h"
#include "hybrid/weights/row_matrix.h"
#include "hybrid/weights/transposed_down.h"
#include "runtime/buffer_types.h"

namespace hotset {
namespace {

// Below this many bytes a product costs about as much as the barriers around it: three matrices are worth
// copying into one. Above, the file's own pages serve.
constexpr std::uint64_t kFuseBelowBytes = 8ULL << 20;
constexpr std::uint64_t kTensorAlignment = 32;  // what ggml's CPU backend asks of an address

/// How the graph uses a tensor, which decides where it may lie.
enum class Use {
  kElements,  ///< rows looked up, or an operand of element-wise operators
  kProduct,   ///< left side of a matrix product
};

using Names = std::vector<std::string>;
using Neurons = std::span<const int>;

}  // namespace

/// Says of every tensor where it lies and where its bytes come from.
class WeightsPlan {
 public:
  WeightsPlan(Weights& weights, const ModelFile& model, const Layout& layout)
      : weights_(weights), store_(weights.store_), model_(model), layout_(layout) {}

  void describe() {
    const Device head = layout_.head();
    weights_.token_embedding = place({"token_embd.weight"}, Use::kElements, Device::kCpu);
    weights_.output_norm = place_norm("output_norm", head);
    weights_.head = place_product(has("output.weight") ? "output.weight" : "token_embd.weight", head);
    if (!model_.rope.factors.empty()) {
      const Names factors = {model_.rope.factors};
      weights_.cpu_rope_factors_ = place(factors, Use::kElements, Device::kCpu);
      if (layout_.uses_gpu()) weights_.gpu_rope_factors_ = place(factors, Use::kElements, Device::kGpu);
    }
    for (int layer = 0; layer < model_.layers; ++layer) describe_layer(layer);
  }

 private:
  void describe_layer(int number) {
    const std::string prefix = "blk." + std::to_string(number) + ".";
    const Device device = layout_.attention(number);
    LayerWeights layer;
    layer.attention_norm = place_norm(prefix + "attn_norm", device);
    describe_qkv(prefix, device, layer);
    layer.query_norm = place_if_present(prefix + "attn_q_norm.weight", device);
    layer.key_norm = place_if_present(prefix + "attn_k_norm.weight", device);
    layer.attention_output = place_product(prefix + "attn_output.weight", device);
    layer.attention_output_bias = place_if_present(prefix + "attn_output.bias", device);
    layer.ffn_norm = place_norm(prefix + "ffn_norm", device);
    layer.down_bias = place_if_present(prefix + "ffn_down.bias", device);
    const int hot = layout_.hot(number);
    if (hot == 0) {
      layer.rest = whole_feed_forward(prefix, Device::kCpu);
    } else if (hot == model_.feed_forward_length) {
      layer.hot = whole_feed_forward(prefix, Device::kGpu);
    } else {
      const Neurons order = layout_.order(number);
      layer.hot = some_neurons(prefix, order.first(static_cast<std::size_t>(hot)), Device::kGpu);
      layer.rest = some_neurons(prefix, order.subspan(static_cast<std::size_t>(hot)), Device::kCpu);
    }
    weights_.layers.push_back(layer);
  }

  void describe_qkv(const std::string& prefix, Device device, LayerWeights& layer) {
    const Names weights = {prefix + "attn_q.weight", prefix + "attn_k.weight", prefix + "attn_v.weight"};
    const Names biases = {prefix + "attn_q.bias", prefix + "attn_k.bias", prefix + "attn_v.bias"};
    const auto present =
        std::count_if(biases.begin(), biases.end(), [&](const auto& name) { return has(name); });
    const bool all_or_none = present == 0 || present == 3;
    if (has(prefix + "attn_qkv.weight")) {
      layer.qkv = place_product(prefix + "attn_qkv.weight", device);
      layer.qkv_bias = place_if_present(prefix + "attn_qkv.bias", device);
    } else if (all_or_none && !is_packed(weights, device) && worth_fusing(weights)) {
      layer.qkv = place(weights, Use::kProduct, device);
      if (present == 3) layer.qkv_bias = place(biases, Use::kElements, device);
    } else {
      const Use use = is_packed(weights, device) ? Use::kElements : Use::kProduct;
      layer.query = place({weights[0]}, use, device);
      layer.key = place({weights[1]}, use, device);
      layer.value = place({weights[2]}, use, device);
      layer.query_bias = place_if_present(biases[0], device);
      layer.key_bias = place_if_present(biases[1], device);
      layer.value_bias = place_if_present(biases[2], device);
    }
  }

  NormWeights place_norm(const std::string& name, Device device) {
    return {.weight = place({name + ".weight"}, Use::kElements, device),
            .bias = place_if_present(name + ".bias", device)};
  }

  /// What the neurons' input is multiplied with.
  Names inputs_of(const std::string& prefix) const {
    if (!has(prefix + "ffn_gate.weight")) return {prefix + "ffn_up.weight"};
    return {prefix + "ffn_gate.weight", prefix + "ffn_up.weight"};
  }

  FeedForwardWeights whole_feed_forward(const std::string& prefix, Device device) {
    FeedForwardWeights weights;
    const Names inputs = inputs_of(prefix);
    const bool mapped = layout_.map_feed_forward && device == Device::kCpu;
    const Use use = mapped || is_packed(inputs, device) ? Use::kElements : Use::kProduct;
    if (inputs.size() == 2 && use == Use::kProduct && worth_fusing(inputs)) {
      weights.gate_up = place(inputs, use, device);
    } else {
      if (inputs.size() == 2) weights.gate = place({inputs.front()}, use, device);
      weights.up = place({inputs.back()}, use, device);
    }
    weights.up_bias = place_if_present(prefix + "ffn_up.bias", device);
    weights.down = model_.powerinfer ? place_turned(prefix + "ffn_down_t.weight", {}, device)
                   : mapped          ? place({prefix + "ffn_down.weight"}, Use::kElements, device)
                                     : place_product(prefix + "ffn_down.weight", device);
    return weights;
  }

  FeedForwardWeights some_neurons(const std::string& prefix, Neurons neurons, Device device) {
    FeedForwardWeights weights;
    const Names inputs = inputs_of(prefix);
    if (inputs.size() == 2 && worth_fusing(inputs)) {
      weights.gate_up = place_rows(inputs, neurons, device);
    } else {
      if (inputs.size() == 2) weights.gate = place_rows({inputs.front()}, neurons, device);
      weights.up = place_rows({inputs.back()}, neurons, device);
    }
    if (has(prefix + "ffn_up.bias")) {
      weights.up_bias = place_elements(prefix + "ffn_up.bias", neurons, device);
    }
    weights.down = model_.powerinfer ? place_turned(prefix + "ffn_down_t.weight", neurons, device)
                                     : place_columns(prefix + "ffn_down.weight", neurons, device);
    return weights;
  }

  bool has(const std::string& name) const { return model_.tensors.contains(name); }
  const TensorInfo& info(const std::string& name) const { return model_.tensors.at(name); }

  bool worth_fusing(const Names& names) const {
    std::uint64_t bytes = 0;
    for (const auto& name : names) {
      if (info(name).type != info(names[0]).type) return false;
      bytes += info(name).size;
    }
    return bytes < kFuseBelowBytes;
  }

  /// Whether PackedProducts packs these matrices, which are multiplied with the same columns.
  bool is_packed(const Names& names, Device device) const {
    return layout_.packs && device == Device::kCpu && can_be_row_matrices(model_, names);
  }

  ggml_tensor* place_product(const std::string& name, Device device) {
    return place({name}, is_packed({name}, device) ? Use::kElements : Use::kProduct, device);
  }

  ggml_tensor* place_if_present(const std::string& name, Device device) {
    return has(name) ? place({name}, Use::kElements, device) : nullptr;
  }

  /// A tensor that holds the named ones, row after row, or element after element for vectors.
  ggml_tensor* place(const Names& names, Use use, Device device) {
    const TensorInfo& first = info(names[0]);
    const bool vector = first.shape[1] == 1 && use == Use::kElements;
    std::int64_t extent = 0;
    for (const auto& name : names) extent += info(name).shape[vector ? 0 : 1];
    const std::int64_t columns = vector ? extent : first.shape[0];
    const std::int64_t rows = vector ? 1 : extent;

    ggml_backend_buffer_type_t type = nullptr;
    if (device == Device::kGpu) {
      type = layout_.gpu;
    } else if (use == Use::kProduct) {
      type = fastest_for_products(first.type, columns, rows);
    }
    const bool in_place = names.size() == 1 && first.offset % kTensorAlignment == 0;
    if (type == nullptr && !in_place) type = plain_buffer_type();

    const TensorShape shape{.type = first.type, .columns = columns, .rows = rows};
    if (type == nullptr) return store_.add_mapped(names[0], shape);
    return store_.add(type, names[0], shape, [this, names](auto& scratch) { return join(names, scratch); });
  }

  const std::byte* join(const Names& names, std::vector<std::byte>& scratch) const {
    if (names.size() == 1) return store_.file_bytes(names[0]);
    for (const auto& name : names) {
      const std::byte* bytes = store_.file_bytes(name);
      scratch.insert(scratch.end(), bytes, bytes + info(name).size);
    }
    return scratch.data();
  }

  /// The rows of some neurons, matrix after matrix.
  ggml_tensor* place_rows(const Names& names, Neurons neurons, Device device) {
    const TensorInfo& first = info(names[0]);
    const TensorShape shape{.type = first.type,
                            .columns = first.shape[0],
                            .rows = static_cast<std::int64_t>(neurons.size() * names.size())};
    const std::size_t row_bytes = ggml_row_size(first.type, first.shape[0]);
    return store_.add(memory_for(device, shape), names[0], shape,
                      [this, names, neurons, row_bytes](auto& scratch) {
                        for (const auto& name : names)
                          gather_rows(store_.file_bytes(name), row_bytes, neurons, scratch);
                        return scratch.data();
                      });
  }

  /// The elements of some neurons, from a vector.
  ggml_tensor* place_elements(const std::string& name, Neurons neurons, Device device) {
    const TensorShape shape{
        .type = info(name).type, .columns = static_cast<std::int64_t>(neurons.size()), .rows = 1};
    ggml_backend_buffer_type_t memory = device == Device::kGpu ? layout_.gpu : plain_buffer_type();
    return store_.add(memory, name, shape, [this, name, neurons](auto& scratch) {
      gather_rows(store_.file_bytes(name), sizeof(float), neurons, scratch);
      return scratch.data();
    });
  }

  /// The columns of some neurons.
  ggml_tensor* place_columns(const std::string& name, Neurons neurons, Device device) {
    const TensorInfo& whole = info(name);
    const TensorShape shape{.type = type_of_gathered_columns(whole.type),
                            .columns = static_cast<std::int64_t>(neurons.size()),
                            .rows = whole.shape[1]};
    return store_.add(memory_for(device, shape), name, shape, [this, name, &whole, neurons](auto& scratch) {
      const Matrix matrix{.bytes = store_.file_bytes(name),
                          .type = whole.type,
                          .columns = whole.shape[0],
                          .rows = whole.shape[1]};
      gather_columns(matrix, neurons, scratch);
      return scratch.data();
    });
  }

  /// The columns of some neurons, or of all where none are named, from a matrix that has them as rows.
  ggml_tensor* place_turned(const std::string& name, Neurons neurons, Device device) {
    const TensorInfo& whole = info(name);
    const std::size_t count = neurons.empty() ? static_cast<std::size_t>(whole.shape[1]) : neurons.size();
    const TensorShape shape{.type = type_of_gathered_columns(whole.type),
                            .columns = static_cast<std::int64_t>(count),
                            .rows = whole.shape[0]};
    return store_.add(memory_for(device, shape), name, shape,
                      [this, name, &whole, neurons, count, type = shape.type](auto& scratch) {
                        std::vector<std::byte> chosen;
                        gather_rows(store_.file_bytes(name), ggml_row_size(whole.type, whole.shape[0]),
                                    neurons, chosen);
                        const std::byte* rows = neurons.empty() ? store_.file_bytes(name) : chosen.data();
                        const auto length = static_cast<std::size_t>(whole.shape[0]);
                        scratch = transpose({rows, whole.type, length, count}, type);
                        return scratch.data();
                      });
  }

  /// For a matrix that does not stand in the file as it is.
  ggml_backend_buffer_type_t memory_for(Device device, const TensorShape& shape) const {
    if (device == Device::kGpu) return layout_.gpu;
    ggml_backend_buffer_type_t fastest = fastest_for_products(shape.type, shape.columns, shape.rows);
    return fastest == nullptr ? plain_buffer_type() : fastest;
  }

  Weights& weights_;
  WeightStore& store_;
  const ModelFile& model_;
  const Layout& layout_;
};

Weights::Weights(const ModelFile& model, const Layout& layout) : store_(model), gpu_(layout.gpu) {}

Weights::Weights(const ModelFile& model, const Layout& layout, const Progress& progress)
    : Weights(model, layout) {
  WeightsPlan plan(*this, model, layout);
  plan.describe();
  store_.load(gpu_, progress);
}

Weights Weights::described(const ModelFile& model, const Layout& layout) {
  Weights weights(model, layout);
  WeightsPlan(weights, model, layout).describe();
  weights.store_.pretend();
  return weights;
}

}  // namespace hotset
