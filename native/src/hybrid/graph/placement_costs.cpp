#include "hybrid/graph/placement_costs.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "hybrid/weights/gather.h"
#include "runtime/buffer_types.h"

namespace hotset {
namespace {

Layout everything_on(const ModelFile& model, ggml_backend_buffer_type_t memory) {
  const LayerPlacement all{.attention_on_gpu = true, .hot_on_gpu = model.feed_forward_length};
  Layout layout;
  layout.placement.layers.assign(static_cast<std::size_t>(model.layers), all);
  layout.placement.head_on_gpu = true;
  layout.gpu = memory;
  return layout;
}

/// A model that lies on the GPU as a whole, without data.
struct Described {
  Described(const ModelFile& file, int context_length, ggml_backend_buffer_type_t memory)
      : model(file),
        layout(everything_on(file, memory)),
        weights(Weights::described(file, layout)),
        cache(KvCache::described(file, context_length, layout, GGML_TYPE_F16)),
        exchange(Exchange::described(file, std::min(kMostTokens, context_length), context_length)) {}

  /// The graphs that need most: a chunk of a prompt, and all logits of a few tokens.
  std::array<Graph, 2> longest_steps() const {
    const int context_length = cache.context_length();
    const GraphParts parts{model, layout, weights, cache, exchange, nullptr};
    const auto step = [&](int tokens, Outputs outputs) {
      return describe_graph(parts, {std::min(tokens, context_length), context_length, {outputs}});
    };
    return {step(kMostTokens, Outputs::kLast), step(kMostLogits, Outputs::kAll)};
  }

  const ModelFile& model;
  Layout layout;
  Weights weights;
  KvCache cache;
  Exchange exchange;
};

std::uint64_t padded(std::uint64_t bytes, ggml_backend_buffer_type_t memory) {
  return GGML_PAD(bytes, ggml_backend_buft_get_alignment(memory));
}

std::uint64_t allocated(const ggml_tensor* tensor, ggml_backend_buffer_type_t memory) {
  return padded(ggml_backend_buft_get_alloc_size(memory, tensor), memory);
}

std::uint64_t intermediate_results(const Described& described) {
  std::size_t most = 0;
  for (const Graph& graph : described.longest_steps()) {
    for (const Stage& stage : graph.stages) {
      if (stage.device != Device::kGpu) continue;
      const AllocatorHandle allocator(ggml_gallocr_new(described.layout.gpu));
      std::size_t size = 0;
      ggml_gallocr_reserve_n_size(allocator.get(), stage.nodes, nullptr, nullptr, &size);
      most = std::max(most, size);
    }
  }
  return most;
}

/// The matrices of a few neurons, gathered.
void price_neurons(const ModelFile& model, int layer, ggml_backend_buffer_type_t memory, LayerCosts& costs) {
  const std::string prefix = "blk." + std::to_string(layer) + ".ffn_";
  std::uint64_t group = 0;
  for (const char* name : {"gate.weight", "up.weight"}) {
    const auto found = model.tensors.find(prefix + name);
    if (found == model.tensors.end()) continue;
    group += padded(ggml_row_size(found->second.type, model.embedding_length) * kGatherGranularity, memory);
  }
  if (model.tensors.contains(prefix + "up.bias")) group += padded(sizeof(float) * kGatherGranularity, memory);
  const TensorInfo& down = model.tensors.at(prefix + (model.powerinfer ? "down_t.weight" : "down.weight"));
  group += padded(ggml_row_size(type_of_gathered_columns(down.type), kGatherGranularity) *
                      static_cast<std::uint64_t>(model.embedding_length),
                  memory);
  costs.granularity = kGatherGranularity;
  costs.neuron = (group + kGatherGranularity - 1) / kGatherGranularity;
}

/// The bias of down is added where attention is computed.
bool is_of_neurons(std::string_view name) {
  return name.find(".ffn_") != std::string_view::npos && name.find(".ffn_norm.") == std::string_view::npos &&
         !name.ends_with(".ffn_down.bias");
}

}  // namespace

PlacementCosts placement_costs(const ModelFile& model, int context_length,
                               ggml_backend_buffer_type_t memory) {
  const Described described(model, context_length, memory);
  PlacementCosts costs;
  costs.layers.resize(static_cast<std::size_t>(model.layers));
  costs.scratch = described.exchange.bytes_in(memory) + intermediate_results(described);
  for (int layer = 0; layer < model.layers; ++layer) {
    LayerCosts& own = costs.layers[static_cast<std::size_t>(layer)];
    own.kv =
        allocated(described.cache.keys(layer), memory) + allocated(described.cache.values(layer), memory);
    price_neurons(model, layer, memory, own);
  }
  for_each_tensor(described.weights.gpu_tensors(), [&](const ggml_tensor* tensor) {
    const std::string_view name = tensor->name;
    const std::uint64_t bytes = allocated(tensor, memory);
    if (name.starts_with("rope_f")) {
      costs.scratch += bytes;
    } else if (!name.starts_with("blk.")) {
      costs.head += bytes;
    } else {
      LayerCosts& layer = costs.layers[std::stoul(std::string(name.substr(4)))];
      (is_of_neurons(name) ? layer.feed_forward : layer.attention) += bytes;
    }
  });
  return costs;
}

void reserve_intermediate_results(ggml_gallocr* allocator, const ModelFile& model, int context_length,
                                  ggml_backend_buffer_type_t memory) {
  const Described described(model, context_length, memory);
  for (const Graph& graph : described.longest_steps()) {
    for (const Stage& stage : graph.stages) {
      if (stage.device == Device::kGpu && !ggml_gallocr_reserve(allocator, stage.nodes)) {
        throw GpuError("its memory does not hold the intermediate results");
      }
    }
  }
}

}  // namespace hotset
