#include "hybrid/weights/neuron_cache_store.h"

#include <cstdint>
#include <string>

#include "error.h"
#include "gguf/fingerprint.h"
#include "gguf/mapped_file.h"
#include "runtime/cache_folder.h"
#include "runtime/log.h"

namespace hotset {
namespace {

constexpr std::uint64_t kWorthAFile = 256ULL << 20U;

std::filesystem::path path_beside(const ModelFile& model) {
  std::filesystem::path path = model.path;
  return path.replace_extension(".neurons.gguf");
}

/// One layer's rows in memory.
struct LayerBuffer {
  std::vector<std::byte> gates;
  std::vector<std::byte> ups;
  std::vector<std::byte> downs;

  RowSpans resize(const ModelFile& model, const RowTypes& types) {
    const auto neurons = static_cast<std::size_t>(model.feed_forward_length);
    gates.resize(input_row_bytes(model, types) * neurons);
    ups.resize(gates.size());
    downs.resize(down_row_bytes(model, types) * neurons);
    return {.gates = gates, .ups = ups, .downs = downs};
  }
};

/// The one that lies there; null, and why, where none is good.
std::unique_ptr<NeuronCache> open_existing(const ModelFile& model, const NeuronOrders& orders,
                                           std::string& reason) {
  for (const auto& path : neuron_cache_paths(model)) {
    std::error_code unreadable;
    if (!std::filesystem::exists(path, unreadable)) continue;
    try {
      return NeuronCache::open(path, model, orders);
    } catch (const Error& error) {
      reason = error.what();
    }
  }
  return nullptr;
}

}  // namespace

bool deserves_neuron_cache(const ModelFile& model) {
  std::uint64_t bytes = 0;
  for (const auto& [name, tensor] : model.tensors) {
    const bool is_matrix = name.ends_with(".ffn_gate.weight") || name.ends_with(".ffn_up.weight") ||
                           name.ends_with(".ffn_down.weight") || name.ends_with(".ffn_down_t.weight");
    if (is_matrix) bytes += tensor.size;
  }
  return bytes > kWorthAFile;
}

std::optional<std::uint64_t> neuron_cache_bytes(const ModelFile& model) {
  std::error_code missing;
  const std::uintmax_t bytes = std::filesystem::file_size(path_beside(model), missing);
  return missing ? std::nullopt : std::optional<std::uint64_t>(bytes);
}

std::vector<std::filesystem::path> neuron_cache_paths(const ModelFile& model) {
  std::vector paths = {path_beside(model)};
  if (const auto folder = cache_folder(); !folder.empty()) {
    paths.push_back(folder / (model_fingerprint(model) + ".neurons.gguf"));
  }
  return paths;
}

void build_neuron_cache(const ModelFile& model, const NeuronOrders& orders, int threads,
                        const std::filesystem::path& path, const Progress& progress) {
  std::vector<RowTypes> types;
  types.reserve(static_cast<std::size_t>(model.layers));
  for (int layer = 0; layer < model.layers; ++layer) types.push_back(row_types(model, layer));
  const MappedFile file(model.path);
  NeuronCacheWriter writer(path, model, orders, types);
  writer.begin();
  LayerBuffer buffer;
  for (int layer = 0; layer < model.layers; ++layer) {
    const auto at = static_cast<std::size_t>(layer);
    const RowSpans rows = buffer.resize(model, types[at]);
    arrange_layer(model, file.bytes(), layer, orders[at], threads, rows);
    writer.write(layer, 0, {.gates = rows.gates, .ups = rows.ups, .downs = rows.downs});
    progress(static_cast<double>(layer + 1) / model.layers);
  }
  writer.finish(model_fingerprint(model));
}

std::unique_ptr<NeuronCache> open_or_build_neuron_cache(const ModelFile& model, const NeuronOrders& orders,
                                                        int threads, const Progress& progress) {
  std::string reason;
  if (auto cache = open_existing(model, orders, reason)) return cache;
  log(LogLevel::kInfo, "arranging the neurons of " + model.path.string() + " once, in a file of their own" +
                           (reason.empty() ? "" : ": " + reason));
  WatchedProgress watched(progress);
  for (const auto& path : neuron_cache_paths(model)) {
    std::error_code error;
    std::filesystem::create_directories(path.parent_path(), error);
    try {
      build_neuron_cache(model, orders, threads, path, watched.report());
      return NeuronCache::open(path, model, orders);
    } catch (const Error& failure) {
      if (watched.threw() || failure.kind() == ErrorKind::kBadModel) throw;
      reason = failure.what();
    }
  }
  log(LogLevel::kWarn, reason + " (the neurons are arranged in memory at every load)");
  return nullptr;
}

}  // namespace hotset
