#include "gguf/libllama_check.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "error.h"

namespace hotset {
namespace {

[[noreturn]] void fail(const ModelFile& model, const std::string& what) {
  throw Error(ErrorKind::kBadModel, model.path.string() + ": " + what + "; the file is damaged");
}

/// ggml computes with these; of whole numbers it only looks up tables.
bool is_weight(ggml_type type) {
  return type == GGML_TYPE_F32 || ggml_get_type_traits(type)->to_float != nullptr;
}

/// They are multiplied with, or added to, what is F32; ggml ends the process on any other type. Whatever
/// converts or quantises a model leaves them so.
bool is_f32_always(const std::string& name) {
  return name.ends_with("norm.weight") || name.ends_with(".bias");
}

/// Which experts a token is sent to, in DeepSeek's models.
bool is_table(const std::string& name) { return name.find("ffn_gate_tid2eid") != std::string::npos; }

/// One that speaks for images, which libllama only copies.
constexpr const char* kNotRun = "clip";

/// Each is asserted to be no more than there are layers.
constexpr std::array kLayerCounts = {"nextn_predict_layers", "posnet.block_count", "convnext.block_count"};

/// Of one number, or of one for each layer; 0 where there is none.
std::uint64_t largest(const Metadata& metadata, const std::string& key) {
  if (!metadata.is_array(key)) return metadata.unsigned_integer(key).value_or(0);
  const gguf_context* context = metadata.context();
  const std::int64_t id = gguf_find_key(context, key.c_str());
  const gguf_type type = gguf_get_arr_type(context, id);
  const std::size_t count = metadata.array_length(key);
  if (count == 0 || (type != GGUF_TYPE_INT32 && type != GGUF_TYPE_UINT32)) return 0;
  // As libllama reads them: a negative one is larger than any.
  const auto* values = static_cast<const std::uint32_t*>(gguf_get_arr_data(context, id));
  return *std::max_element(values, values + count);
}

void check_layers(const ModelFile& model, const Metadata& metadata) {
  for (const char* name : kLayerCounts) {
    const std::string key = model.architecture + "." + name;
    if (metadata.unsigned_integer(key).value_or(0) <= static_cast<std::uint64_t>(model.layers)) continue;
    fail(model, key + " is more than the layers that there are");
  }
}

void check_experts(const ModelFile& model, const Metadata& metadata) {
  // One expert is none to libllama there, whatever else the file says of it.
  if (model.architecture.starts_with("hunyuan") && model.experts <= 1) return;
  const auto experts = static_cast<std::uint64_t>(model.experts);
  const auto number = [&](const char* name) { return largest(metadata, model.architecture + "." + name); };
  const std::uint64_t used = number("expert_used_count");
  if (used > experts || (experts > 0 && used == 0)) {
    fail(model, "of its " + std::to_string(experts) + " experts it uses " + std::to_string(used));
  }
  const std::uint64_t groups = number("expert_group_count");
  const std::uint64_t used_groups = number("expert_group_used_count");
  const bool is_one = groups == 0 || (groups == 1 && experts > 1);
  const bool are_several =
      groups > 1 && groups < experts && experts % groups == 0 && used_groups > 0 && used_groups < groups;
  if (!is_one && !are_several) fail(model, "its experts do not divide into its groups");
}

}  // namespace

void check_weights(const ModelFile& model) {
  for (const auto& [name, tensor] : model.tensors) {
    // Lists of neurons may be empty, weights never are.
    if (tensor.size == 0) fail(model, "tensor " + name + " is empty");
    if (is_f32_always(name) && tensor.type != GGML_TYPE_F32) {
      throw Error(ErrorKind::kBadModel,
                  model.path.string() + ": tensor " + name + " is " + ggml_type_name(tensor.type) +
                      ", but norms and biases must be F32; convert the model again with a current llama.cpp");
    }
    if (is_weight(tensor.type) || is_table(name)) continue;
    fail(model, "tensor " + name + " is " + ggml_type_name(tensor.type) + ", which nobody computes with");
  }
}

void check_for_libllama(const ModelFile& model, const Metadata& metadata) {
  if (model.architecture == kNotRun) {
    throw Error(ErrorKind::kBadModel,
                model.path.string() + ": describes images for another model; choose a language model");
  }
  check_layers(model, metadata);
  check_experts(model, metadata);
}

}  // namespace hotset
