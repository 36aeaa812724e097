#include "hybrid/support.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "gguf/llama_layout.h"

namespace hotset {
namespace {

constexpr std::array kModelTensors = {
    std::string_view("token_embd.weight"), std::string_view("output_norm.weight"),
    std::string_view("output.weight"), std::string_view("rope_freqs.weight")};

// fc1 and fc2 are PowerInfer's predictor, which a dense or exact computation does without.
constexpr std::array kLayerTensors = {
    std::string_view("attn_norm.weight"),  std::string_view("attn_q.weight"),
    std::string_view("attn_k.weight"),     std::string_view("attn_v.weight"),
    std::string_view("attn_qkv.weight"),   std::string_view("attn_q.bias"),
    std::string_view("attn_k.bias"),       std::string_view("attn_v.bias"),
    std::string_view("attn_qkv.bias"),     std::string_view("attn_output.weight"),
    std::string_view("attn_output.bias"),  std::string_view("ffn_norm.weight"),
    std::string_view("ffn_gate.weight"),   std::string_view("ffn_up.weight"),
    std::string_view("ffn_down.weight"),   std::string_view("ffn_down_t.weight"),
    std::string_view("rope_freqs.weight"), std::string_view("attn_rot_embd"),
    std::string_view("fc1.weight"),        std::string_view("fc2.weight")};

/// The part after "blk.N."; the whole name where it does not begin so.
std::string_view without_layer(std::string_view name) {
  if (!name.starts_with("blk.")) return name;
  const std::size_t dot = name.find('.', 4);
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

bool is_known(std::string_view name) {
  const std::string_view rest = without_layer(name);
  if (rest == name) return std::find(kModelTensors.begin(), kModelTensors.end(), name) != kModelTensors.end();
  return std::find(kLayerTensors.begin(), kLayerTensors.end(), rest) != kLayerTensors.end();
}

}  // namespace

bool has_exact_zeros(Activation activation) {
  return activation == Activation::kRelu || activation == Activation::kDrelu;
}

std::optional<std::string> hybrid_obstacle(const ModelFile& model) {
  if (model.architecture != "llama" && model.architecture != "qwen2") {
    return "its architecture is " + model.architecture + ", not llama or qwen2";
  }
  if (!is_llama_family(model)) return "it is a mixture of experts, or its layers differ from each other";
  if (model.tensors.empty()) return "the file holds a vocabulary without weights";
  if (model.activation == Activation::kOther) return "its activation is none of silu, relu and drelu";
  if (model.rope.scaling_type == "longrope") return "its rotary embedding scales as \"longrope\"";
  for (const auto& [name, info] : model.tensors) {
    if (!is_known(name)) return "it has a tensor that our graph does not know (" + name + ")";
  }
  return std::nullopt;
}

}  // namespace hotset
