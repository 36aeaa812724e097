#include "gguf/llama_layout.h"

#include <string>
#include <vector>

#include "error.h"

namespace hotset {
namespace {

[[noreturn]] void fail(const ModelFile& model, const std::string& what) {
  throw Error(ErrorKind::kBadModel, model.path.string() + ": " + what);
}

void require_sizes(const ModelFile& model) {
  const auto require = [&](bool good, const char* what) {
    if (!good) fail(model, std::string(what) + "; the file is damaged or was converted wrongly");
  };
  require(model.heads > 0, "the number of attention heads is missing or 0");
  require(model.heads % model.kv_heads == 0, "the number of heads is no multiple of the number of KV heads");
  require(model.key_length > 0 && model.value_length > 0, "the length of an attention head is 0");
  require(model.key_length % 2 == 0, "the length of an attention head is odd");
  // libllama aborts on any other combination for these architectures.
  require(model.key_length == model.value_length && model.key_length == model.rope.dimensions,
          "keys, values and rotary embedding differ in length");
  require(model.feed_forward_length > 0, "the feed-forward length is missing or 0");
  // Blocks of quantised weights run along the neurons once PowerInfer's down matrix is turned.
  require(!model.powerinfer || model.feed_forward_length % 32 == 0,
          "the feed-forward length is no multiple of 32");
  require(model.vocabulary_size > 0, "it has no vocabulary");
  require(model.rms_epsilon > 0.0F && model.rms_epsilon < 1.0F,
          "the epsilon of the RMS norm is missing or absurd");
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text;
  for (const std::int64_t extent : shape) text += (text.empty() ? "" : " x ") + std::to_string(extent);
  return text;
}

class TensorCheck {
 public:
  explicit TensorCheck(const ModelFile& model) : model_(model) {}

  /// shape: ggml's ne without the trailing ones
  void required(const std::string& name, const std::vector<std::int64_t>& shape) const {
    if (!model_.tensors.contains(name)) {
      fail(model_,
           "tensor " + name + " is missing; the file is damaged or incomplete (one part of a split model?)");
    }
    optional(name, shape);
  }

  void optional(const std::string& name, const std::vector<std::int64_t>& shape) const {
    const auto found = model_.tensors.find(name);
    if (found == model_.tensors.end()) return;
    if (shape.size() == 1 && found->second.type != GGML_TYPE_F32) {
      fail(model_,
           "tensor " + name + " is " + ggml_type_name(found->second.type) +
               ", but norms and biases must be F32; convert the model again with a current llama.cpp");
    }
    for (std::size_t i = 0; i < found->second.shape.size(); ++i) {
      const std::int64_t expected = i < shape.size() ? shape[i] : 1;
      if (found->second.shape[i] == expected) continue;
      fail(model_, "tensor " + name + " does not have the shape " + shape_text(shape) +
                       " that the header promises; the file is damaged");
    }
  }

 private:
  const ModelFile& model_;
};

void check_layer(const ModelFile& model, const TensorCheck& check, int layer) {
  const std::string prefix = "blk." + std::to_string(layer) + ".";
  const std::int64_t embedding = model.embedding_length;
  const std::int64_t neurons = model.feed_forward_length;
  const std::int64_t query = std::int64_t{model.heads} * model.key_length;
  const std::int64_t key = std::int64_t{model.kv_heads} * model.key_length;
  const std::int64_t value = std::int64_t{model.kv_heads} * model.value_length;

  check.required(prefix + "attn_norm.weight", {embedding});
  if (model.tensors.contains(prefix + "attn_qkv.weight")) {
    check.required(prefix + "attn_qkv.weight", {embedding, query + key + value});
    check.optional(prefix + "attn_qkv.bias", {query + key + value});
  } else {
    check.required(prefix + "attn_q.weight", {embedding, query});
    check.required(prefix + "attn_k.weight", {embedding, key});
    check.required(prefix + "attn_v.weight", {embedding, value});
  }
  check.optional(prefix + "attn_q.bias", {query});
  check.optional(prefix + "attn_k.bias", {key});
  check.optional(prefix + "attn_v.bias", {value});
  check.required(prefix + "attn_output.weight", {std::int64_t{model.heads} * model.value_length, embedding});
  check.optional(prefix + "attn_output.bias", {embedding});
  check.required(prefix + "ffn_norm.weight", {embedding});
  check.required(prefix + "ffn_gate.weight", {embedding, neurons});
  check.required(prefix + "ffn_up.weight", {embedding, neurons});
  if (model.powerinfer) {
    check.required(prefix + "ffn_down_t.weight", {embedding, neurons});
  } else {
    check.required(prefix + "ffn_down.weight", {neurons, embedding});
  }
}

}  // namespace

bool is_llama_family(const ModelFile& model) {
  return (model.architecture == "llama" || model.architecture == "qwen2") && model.experts == 0 &&
         model.uniform_layers;
}

void check_llama_layout(const ModelFile& model) {
  require_sizes(model);
  const TensorCheck check(model);
  check.required("token_embd.weight", {model.embedding_length, model.vocabulary_size});
  check.required("output_norm.weight", {model.embedding_length});
  check.optional("output.weight", {model.embedding_length, model.vocabulary_size});
  check.optional("rope_freqs.weight", {model.rope.dimensions / 2});
  for (int layer = 0; layer < model.layers; ++layer) check_layer(model, check, layer);
}

}  // namespace hotset
