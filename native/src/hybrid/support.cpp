#include "hybrid/support.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "gguf/llama_layout.h"
#include "gguf/predictor_tensors.h"

namespace hotset {
namespace {

/// Tables that old files carry along in every layer, which the rotary embedding does without.
bool is_superfluous(std::string_view name) {
  return name.starts_with("blk.") &&
         (name.ends_with(".rope_freqs.weight") || name.ends_with(".attn_rot_embd"));
}

bool is_supported(ggml_type type) {
  return std::find(kSupportedTypes.begin(), kSupportedTypes.end(), type) != kSupportedTypes.end();
}

std::optional<std::string> tensor_obstacle(const ModelFile& model) {
  std::set<std::string> known;
  for (ExpectedTensor& expected : expected_tensors(model)) known.insert(std::move(expected.name));
  for (const auto& [name, info] : model.tensors) {
    // Whoever reads predictors checks them; a dense or exact computation does without.
    if (is_predictor_tensor(name) || is_superfluous(name)) continue;
    if (!known.contains(name)) return "it has a tensor that our graph does not know (" + name + ")";
    if (!is_supported(info.type)) {
      return "its tensor " + name + " is of the type " + ggml_type_name(info.type) +
             ", which our graph does not know";
    }
  }
  return std::nullopt;
}

}  // namespace

bool has_exact_zeros(Activation activation) {
  return activation == Activation::kRelu || activation == Activation::kDrelu;
}

std::optional<std::string> neuron_obstacle(const ModelFile& model) {
  if (has_exact_zeros(model.activation) || model.activation == Activation::kSilu) return std::nullopt;
  return "none of its neurons rests, as they all weigh in with GELU";
}

std::optional<std::string> hybrid_obstacle(const ModelFile& model) {
  if (find_architecture(model.architecture) == nullptr) {
    return "its architecture, " + model.architecture + ", is not one that our graph knows";
  }
  if (!is_llama_family(model)) return "it is a mixture of experts, or its layers differ from each other";
  if (model.parts > 1) return "it is divided into several files";
  if (model.tensors.empty()) return "the file holds a vocabulary without weights";
  const bool computes = architecture_of(model).gated ? model.activation != Activation::kOther
                                                     : model.activation == Activation::kGelu;
  if (!computes) return "its activation is none that our graph knows";
  if (model.rope.absent) return "it has no rotary embedding";
  const bool scales_by_factors = architecture_of(model).rope_factors != RopeFactors::kNone;
  if (model.rope.scaling_type == "longrope" && !scales_by_factors)
    return "its rotary embedding scales as \"longrope\"";
  return tensor_obstacle(model);
}

}  // namespace hotset
