#include "gguf/llama_layout.h"

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "error.h"

namespace hotset {
namespace {

constexpr const char* kShortFactors = "rope_factors_short.weight";
constexpr const char* kLongFactors = "rope_factors_long.weight";

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
  require(model.key_length == model.value_length, "keys and values differ in length");
  require(model.key_length == model.rope.dimensions || architecture_of(model).turns_some,
          "keys and rotary embedding differ in length");
  require(model.rope.dimensions > 0 && model.rope.dimensions <= model.key_length &&
              model.rope.dimensions % 2 == 0,
          "the length of the rotary embedding is odd or absurd");
  require(model.feed_forward_length > 0, "the feed-forward length is missing or 0");
  // Blocks of quantised weights run along the neurons once PowerInfer's down matrix is turned.
  require(!model.powerinfer || model.feed_forward_length % 32 == 0,
          "the feed-forward length is no multiple of 32");
  require(model.vocabulary_size > 0, "it has no vocabulary");
  require(model.norm_epsilon > 0.0F && model.norm_epsilon < 1.0F,
          "the epsilon of the norms is missing or absurd");
  const Scales& scales = model.scales;
  require(std::isfinite(scales.embedding) && std::isfinite(scales.residual) && std::isfinite(scales.logits) &&
              std::isfinite(model.attention_scale),
          "the scale of embeddings, residuals, attention or logits is missing or no number");
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text;
  for (const std::int64_t extent : shape) text += (text.empty() ? "" : " x ") + std::to_string(extent);
  return text;
}

/// Whether two sets of factors wait for the length of the context.
bool has_two_factors(const ModelFile& model) {
  const RopeFactors factors = architecture_of(model).rope_factors;
  return factors == RopeFactors::kTwo ||
         (factors == RopeFactors::kOne && model.rope.scaling_type == "longrope");
}

/// Gathers what a model consists of.
class Expected {
 public:
  void required(const std::string& name, std::vector<std::int64_t> shape) {
    add(name, std::move(shape), true);
  }
  void optional(const std::string& name, std::vector<std::int64_t> shape) {
    add(name, std::move(shape), false);
  }
  void add(const std::string& name, std::vector<std::int64_t> shape, bool required) {
    tensors_.push_back({.name = name, .shape = std::move(shape), .required = required});
  }
  std::vector<ExpectedTensor> tensors() && { return std::move(tensors_); }

 private:
  std::vector<ExpectedTensor> tensors_;
};

void expect_norm(const ModelFile& model, const std::string& name, Expected& expected) {
  expected.required(name + ".weight", {model.embedding_length});
  if (architecture_of(model).norm == Norm::kLayer) {
    expected.required(name + ".bias", {model.embedding_length});
  }
}

void expect_attention(const ModelFile& model, const std::string& prefix, Expected& expected) {
  const std::int64_t embedding = model.embedding_length;
  const std::int64_t query = std::int64_t{model.heads} * model.key_length;
  const std::int64_t key = std::int64_t{model.kv_heads} * model.key_length;
  const std::int64_t value = std::int64_t{model.kv_heads} * model.value_length;
  expect_norm(model, prefix + "attn_norm", expected);
  if (model.tensors.contains(prefix + "attn_qkv.weight")) {
    expected.required(prefix + "attn_qkv.weight", {embedding, query + key + value});
    expected.optional(prefix + "attn_qkv.bias", {query + key + value});
  } else {
    expected.required(prefix + "attn_q.weight", {embedding, query});
    expected.required(prefix + "attn_k.weight", {embedding, key});
    expected.required(prefix + "attn_v.weight", {embedding, value});
    expected.optional(prefix + "attn_q.bias", {query});
    expected.optional(prefix + "attn_k.bias", {key});
    expected.optional(prefix + "attn_v.bias", {value});
  }
  if (architecture_of(model).head_norms) {
    expected.required(prefix + "attn_q_norm.weight", {model.key_length});
    expected.required(prefix + "attn_k_norm.weight", {model.key_length});
  }
  expected.required(prefix + "attn_output.weight",
                    {std::int64_t{model.heads} * model.value_length, embedding});
  expected.add(prefix + "attn_output.bias", {embedding}, architecture_of(model).biases);
}

void expect_feed_forward(const ModelFile& model, const std::string& prefix, Expected& expected) {
  const std::int64_t embedding = model.embedding_length;
  const std::int64_t neurons = model.feed_forward_length;
  expect_norm(model, prefix + "ffn_norm", expected);
  if (architecture_of(model).gated) expected.required(prefix + "ffn_gate.weight", {embedding, neurons});
  expected.required(prefix + "ffn_up.weight", {embedding, neurons});
  if (model.powerinfer) {
    expected.required(prefix + "ffn_down_t.weight", {embedding, neurons});
  } else {
    expected.required(prefix + "ffn_down.weight", {neurons, embedding});
  }
  if (!architecture_of(model).biases) return;
  expected.required(prefix + "ffn_up.bias", {neurons});
  expected.required(prefix + "ffn_down.bias", {embedding});
}

void check(const ModelFile& model, const ExpectedTensor& expected) {
  const auto found = model.tensors.find(expected.name);
  if (found == model.tensors.end()) {
    if (!expected.required) return;
    fail(model, "tensor " + expected.name +
                    " is missing; the file is damaged or incomplete (one part of a split model?)");
  }
  const TensorInfo& tensor = found->second;
  if (expected.shape.size() == 1 && tensor.type != GGML_TYPE_F32) {
    fail(model, "tensor " + expected.name + " is " + ggml_type_name(tensor.type) +
                    ", but norms and biases must be F32; convert the model again with a current llama.cpp");
  }
  for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
    const std::int64_t extent = i < expected.shape.size() ? expected.shape[i] : 1;
    if (tensor.shape[i] == extent) continue;
    fail(model, "tensor " + expected.name + " does not have the shape " + shape_text(expected.shape) +
                    " that the header promises; the file is damaged");
  }
}

}  // namespace

bool is_llama_family(const ModelFile& model) {
  return find_architecture(model.architecture) != nullptr && model.experts == 0 && model.uniform_layers;
}

const Architecture& architecture_of(const ModelFile& model) { return *find_architecture(model.architecture); }

void choose_rope_factors(ModelFile& model, int context_length) {
  std::string name;
  if (has_two_factors(model)) {
    name = context_length > model.rope.original_context_length ? kLongFactors : kShortFactors;
  } else if (architecture_of(model).rope_factors == RopeFactors::kOne) {
    name = "rope_freqs.weight";
  }
  model.rope.factors = model.tensors.contains(name) ? name : "";
}

void divide_gate_up(ModelFile& model) {
  if (!architecture_of(model).gate_up_joined) return;
  for (int layer = 0; layer < model.layers; ++layer) {
    const std::string prefix = "blk." + std::to_string(layer) + ".";
    const auto joined = model.tensors.find(prefix + "ffn_up.weight");
    if (joined == model.tensors.end() || joined->second.shape[1] % 2 != 0) continue;
    TensorInfo& up = joined->second;
    up.shape[1] /= 2;
    up.size /= 2;
    // A file that has one of this name besides has one too many: the check of shapes stands for gate's.
    model.tensors.insert_or_assign(prefix + "ffn_gate.weight", up);
    up.offset += up.size;
  }
}

std::vector<ExpectedTensor> expected_tensors(const ModelFile& model) {
  Expected expected;
  expected.required("token_embd.weight", {model.embedding_length, model.vocabulary_size});
  expect_norm(model, "output_norm", expected);
  if (!architecture_of(model).tied_head) {
    expected.optional("output.weight", {model.embedding_length, model.vocabulary_size});
  }
  for (const char* factors : {"rope_freqs.weight", kShortFactors, kLongFactors}) {
    expected.optional(factors, {model.rope.dimensions / 2});
  }
  for (int layer = 0; layer < model.layers; ++layer) {
    const std::string prefix = "blk." + std::to_string(layer) + ".";
    expect_attention(model, prefix, expected);
    expect_feed_forward(model, prefix, expected);
  }
  return std::move(expected).tensors();
}

void check_llama_layout(const ModelFile& model) {
  require_sizes(model);
  for (const ExpectedTensor& expected : expected_tensors(model)) check(model, expected);
}

}  // namespace hotset
