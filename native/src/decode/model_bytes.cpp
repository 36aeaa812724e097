#include "decode/model_bytes.h"

#include <string>
#include <string_view>

namespace hotset {
namespace {

bool is_feed_forward(const std::string& name) {
  return name.find(".ffn_") != std::string::npos && name.find("norm") == std::string::npos;
}

template <typename Chosen>
std::uint64_t bytes_of_layer(const ModelFile& file, int layer, const Chosen& chosen) {
  const std::string prefix = "blk." + std::to_string(layer) + ".";
  std::uint64_t bytes = 0;
  for (auto it = file.tensors.lower_bound(prefix); it != file.tensors.end(); ++it) {
    if (!it->first.starts_with(prefix)) break;
    if (chosen(it->first)) bytes += it->second.size;
  }
  return bytes;
}

std::uint64_t bytes_of_tensors(const ModelFile& file, std::string_view ending) {
  std::uint64_t bytes = 0;
  for (const auto& [name, tensor] : file.tensors) {
    if (name.ends_with(ending)) bytes += tensor.size;
  }
  return bytes;
}

}  // namespace

std::uint64_t feed_forward_bytes(const ModelFile& file) {
  std::uint64_t bytes = 0;
  for (const auto& [name, tensor] : file.tensors) {
    if (is_feed_forward(name)) bytes += tensor.size;
  }
  return bytes;
}

std::uint64_t feed_forward_bytes(const ModelFile& file, int layer) {
  return bytes_of_layer(file, layer, is_feed_forward);
}

std::uint64_t gate_bytes(const ModelFile& file) { return bytes_of_tensors(file, ".ffn_gate.weight"); }

std::uint64_t gate_up_bytes(const ModelFile& file) {
  return gate_bytes(file) + bytes_of_tensors(file, ".ffn_up.weight");
}

std::uint64_t own_predictor_bytes(const ModelFile& file) {
  return bytes_of_tensors(file, ".fc1.weight") + bytes_of_tensors(file, ".fc2.weight");
}

std::uint64_t layer_bytes(const ModelFile& file, int layer) {
  return bytes_of_layer(file, layer, [](const std::string&) { return true; });
}

std::uint64_t looked_up_bytes(const ModelFile& file) {
  const auto embeddings = file.tensors.find("token_embd.weight");
  const bool is_output_too = !file.tensors.contains("output.weight");
  return embeddings == file.tensors.end() || is_output_too ? 0 : embeddings->second.size;
}

std::uint64_t cache_bytes_per_token(const ModelFile& file, ggml_type type) {
  const std::int64_t per_head = std::int64_t{file.key_length} + file.value_length;
  return static_cast<std::uint64_t>(file.layers) * ggml_row_size(type, file.kv_heads * per_head);
}

}  // namespace hotset
