#include "hybrid/weights.h"

#include <algorithm>
#include <map>
#include <string>

#include "error.h"
#include "hybrid/buffer_types.h"

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

}  // namespace

class WeightsLoader {
 public:
  WeightsLoader(Weights& weights, const ModelFile& model) : weights_(weights), model_(model) {}

  void load(const Progress& progress) {
    describe();
    allocate();
    copy(progress);
  }

 private:
  struct Copy {
    ggml_tensor* tensor;
    Names names;
  };

  void describe() {
    weights_.token_embedding = place({"token_embd.weight"}, Use::kElements);
    weights_.output_norm = place({"output_norm.weight"}, Use::kElements);
    weights_.head = place({has("output.weight") ? "output.weight" : "token_embd.weight"}, Use::kProduct);
    // Qwen 2 has no such factors: libllama does not look for them either.
    if (model_.architecture == "llama") weights_.rope_factors = place_if_present("rope_freqs.weight");
    for (int layer = 0; layer < model_.layers; ++layer) {
      weights_.layers.push_back(describe_layer("blk." + std::to_string(layer) + "."));
    }
  }

  LayerWeights describe_layer(const std::string& prefix) {
    LayerWeights layer;
    layer.attention_norm = place({prefix + "attn_norm.weight"}, Use::kElements);
    describe_qkv(prefix, layer);
    layer.attention_output = place({prefix + "attn_output.weight"}, Use::kProduct);
    layer.attention_output_bias = place_if_present(prefix + "attn_output.bias");
    layer.ffn_norm = place({prefix + "ffn_norm.weight"}, Use::kElements);
    const Names gate_up = {prefix + "ffn_gate.weight", prefix + "ffn_up.weight"};
    if (worth_fusing(gate_up)) {
      layer.gate_up = place(gate_up, Use::kProduct);
    } else {
      layer.gate = place({gate_up[0]}, Use::kProduct);
      layer.up = place({gate_up[1]}, Use::kProduct);
    }
    layer.down = place({prefix + "ffn_down.weight"}, Use::kProduct);
    return layer;
  }

  void describe_qkv(const std::string& prefix, LayerWeights& layer) {
    const Names weights = {prefix + "attn_q.weight", prefix + "attn_k.weight", prefix + "attn_v.weight"};
    const Names biases = {prefix + "attn_q.bias", prefix + "attn_k.bias", prefix + "attn_v.bias"};
    const auto present =
        std::count_if(biases.begin(), biases.end(), [&](const auto& name) { return has(name); });
    const bool all_or_none = present == 0 || present == 3;
    if (has(prefix + "attn_qkv.weight")) {
      layer.qkv = place({prefix + "attn_qkv.weight"}, Use::kProduct);
      layer.qkv_bias = place_if_present(prefix + "attn_qkv.bias");
    } else if (all_or_none && worth_fusing(weights)) {
      layer.qkv = place(weights, Use::kProduct);
      if (present == 3) layer.qkv_bias = place(biases, Use::kElements);
    } else {
      layer.query = place({weights[0]}, Use::kProduct);
      layer.key = place({weights[1]}, Use::kProduct);
      layer.value = place({weights[2]}, Use::kProduct);
      layer.query_bias = place_if_present(biases[0]);
      layer.key_bias = place_if_present(biases[1]);
      layer.value_bias = place_if_present(biases[2]);
    }
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

  ggml_tensor* place_if_present(const std::string& name) {
    return has(name) ? place({name}, Use::kElements) : nullptr;
  }

  /// A tensor that holds the named ones, row after row, or element after element for vectors.
  ggml_tensor* place(const Names& names, Use use) {
    const TensorInfo& first = info(names[0]);
    const bool vector = first.shape[1] == 1 && use == Use::kElements;
    std::int64_t extent = 0;
    for (const auto& name : names) extent += info(name).shape[vector ? 0 : 1];
    const std::int64_t columns = vector ? extent : first.shape[0];
    const std::int64_t rows = vector ? 1 : extent;

    ggml_backend_buffer_type_t type = nullptr;
    if (use == Use::kProduct) type = fastest_for_products(first.type, columns, rows);
    const bool in_place = names.size() == 1 && first.offset % kTensorAlignment == 0;
    if (type == nullptr && !in_place) type = plain_buffer_type();

    ggml_tensor* tensor = ggml_new_tensor_2d(context_of(type), first.type, columns, rows);
    ggml_set_name(tensor, names[0].c_str());
    if (type == nullptr) {
      mapped_.push_back({.tensor = tensor, .names = names});
    } else {
      copies_.push_back({.tensor = tensor, .names = names});
    }
    return tensor;
  }

  /// type: null for tensors that stay in the mapped file
  ggml_context* context_of(ggml_backend_buffer_type_t type) {
    auto& context = contexts_[type];
    // The head may take the token embedding a second time.
    if (!context) context = make_context(model_.tensors.size() + 1);
    return context.get();
  }

  void allocate() {
    for (auto& [type, context] : contexts_) {
      BufferHandle buffer = allocate(type, context.get());
      if (!buffer) {
        throw Error(ErrorKind::kOutOfMemory,
                    model_.path.string() + ": not enough memory for its weights; choose a smaller model");
      }
      ggml_backend_buffer_set_usage(buffer.get(), GGML_BACKEND_BUFFER_USAGE_WEIGHTS);
      weights_.buffers_.push_back(std::move(buffer));
      weights_.contexts_.push_back(std::move(context));
    }
  }

  /// Gives every tensor of `context` its address; null where there is no memory.
  BufferHandle allocate(ggml_backend_buffer_type_t type, ggml_context* context) {
    if (type == nullptr) return map_tensors();
    if (type == plain_buffer_type()) return allocate_plain(context);
    return BufferHandle(ggml_backend_alloc_ctx_tensors_from_buft(context, type));
  }

  BufferHandle map_tensors() {
    BufferHandle buffer(buffer_over(weights_.file_.bytes()));
    for (const auto& [tensor, names] : mapped_) {
      // ggml only reads weights; its interface has no const.
      auto* address = const_cast<std::byte*>(weights_.file_bytes(names[0]));
      ggml_backend_tensor_alloc(buffer.get(), tensor, address);
    }
    return buffer;
  }

  /// ggml's own plain buffers lie in small pages.
  BufferHandle allocate_plain(ggml_context* context) {
    const std::size_t size = ggml_backend_alloc_ctx_tensors_from_buft_size(context, plain_buffer_type());
    weights_.memory_ = LargeMemory(size);
    BufferHandle buffer(buffer_over(weights_.memory_.bytes()));
    ggml_tallocr allocator = ggml_tallocr_new(buffer.get());
    for (ggml_tensor* tensor = ggml_get_first_tensor(context); tensor != nullptr;
         tensor = ggml_get_next_tensor(context, tensor)) {
      if (ggml_tallocr_alloc(&allocator, tensor) != GGML_STATUS_SUCCESS) return {};
    }
    return buffer;
  }

  void copy(const Progress& progress) {
    std::size_t total = 0;
    for (const auto& entry : copies_) total += ggml_nbytes(entry.tensor);
    std::size_t done = 0;
    std::vector<std::byte> joined;
    for (const auto& [tensor, names] : copies_) {
      const std::byte* source = weights_.file_bytes(names[0]);
      if (names.size() > 1) {
        joined.clear();
        for (const auto& name : names) {
          const std::byte* bytes = weights_.file_bytes(name);
          joined.insert(joined.end(), bytes, bytes + info(name).size);
        }
        source = joined.data();
      }
      // Repacking buffers rearrange a tensor as it comes in: it has to come whole.
      ggml_backend_tensor_set(tensor, source, 0, ggml_nbytes(tensor));
      done += ggml_nbytes(tensor);
      progress(static_cast<double>(done) / static_cast<double>(total));
    }
  }

  Weights& weights_;
  const ModelFile& model_;
  std::map<ggml_backend_buffer_type_t, ContextHandle> contexts_;
  std::vector<Copy> mapped_;
  std::vector<Copy> copies_;
};

Weights::Weights(const ModelFile& model, const Progress& progress) : model_(model), file_(model.path) {
  WeightsLoader(*this, model).load(progress);
}

const std::byte* Weights::file_bytes(const std::string& name) const {
  return file_.bytes().data() + model_.tensors.at(name).offset;
}

}  // namespace hotset
