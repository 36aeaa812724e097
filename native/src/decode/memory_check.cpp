#include "decode/memory_check.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

#include "decode/model_bytes.h"
#include "error.h"
#include "hybrid/weights/down_rows.h"
#include "hybrid/weights/gather.h"
#include "hybrid/weights/neuron_cache_store.h"
#include "hybrid/weights/neuron_rows.h"
#include "hybrid/weights/transposed_down.h"

namespace hotset {
namespace {

// Activations of one chunk, logits and the threads' own memory.
constexpr std::uint64_t kWorkingMemory = std::uint64_t{64} << 20U;

/// Weights alone: whoever reckons so closely that the KV cache decides should take the smaller context.
std::uint64_t on_gpu(const ModelFile& file, int gpu_layers) {
  std::uint64_t bytes = 0;
  for (int layer = std::max(0, file.layers + 1 - gpu_layers); layer < file.layers; ++layer) {
    bytes += layer_bytes(file, layer);
  }
  return bytes;
}

LayerPlacement placed(const ModelFile& file, const MemoryUse& use, int layer) {
  const auto index = static_cast<std::size_t>(layer);
  if (use.placement == nullptr || index >= use.placement->layers.size()) return {};
  LayerPlacement placement = use.placement->layers[index];
  placement.hot_on_gpu = std::clamp(placement.hot_on_gpu, 0, file.feed_forward_length);
  return placement;
}

/// What ggml's products read of a layer's neurons. Gathered, the columns of a quantised down matrix change
/// their type.
std::uint64_t dense_neuron_bytes(const ModelFile& file, const MemoryUse& use, int layer) {
  const std::uint64_t all = feed_forward_bytes(file, layer);
  const int hot = placed(file, use, layer).hot_on_gpu;
  if (hot == 0) return use.feed_forward_mapped ? 0 : all;
  std::uint64_t gathered = all;
  const auto down = file.tensors.find("blk." + std::to_string(layer) + ".ffn_down.weight");
  if (down != file.tensors.end()) {
    const TensorInfo& info = down->second;
    const auto rows = static_cast<std::uint64_t>(info.shape[1]);
    gathered += ggml_row_size(type_of_gathered_columns(info.type), info.shape[0]) * rows - info.size;
  }
  const auto neurons = static_cast<std::uint64_t>(file.feed_forward_length);
  return gathered * (neurons - static_cast<std::uint64_t>(hot)) / neurons;
}

/// Rows in a file are read where the CPU computes them; arranged in memory, all of them lie there.
std::uint64_t row_bytes(const ModelFile& file, const MemoryUse& use) {
  if (use.downs_apart) return down_rows_bytes(file);
  if (!use.neurons_apart) return 0;
  if (!deserves_neuron_cache(file)) return neuron_rows_bytes(file);
  // Down rows that were written transposed from the start may have fewer bits.
  const auto stored = neuron_cache_bytes(file);
  const std::uint64_t all = stored ? *stored : neuron_rows_bytes(file);
  std::uint64_t on_cpu = 0;
  for (int layer = 0; layer < file.layers; ++layer) {
    on_cpu += static_cast<std::uint64_t>(file.feed_forward_length - placed(file, use, layer).hot_on_gpu);
  }
  const auto neurons =
      static_cast<std::uint64_t>(file.layers) * static_cast<std::uint64_t>(file.feed_forward_length);
  return all * on_cpu / neurons;
}

std::string in_gibibytes(std::uint64_t bytes) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f GiB",
                static_cast<double>(bytes) / static_cast<double>(1U << 30U));
  return text.data();
}

}  // namespace

std::uint64_t memory_need(const ModelFile& file, const MemoryUse& use) {
  const std::uint64_t cache = cache_bytes_per_token(file, use.cache_type) *
                              static_cast<std::uint64_t>(use.context_length * use.contexts);
  std::uint64_t need = file.size_bytes - on_gpu(file, use.gpu_layers) + cache + row_bytes(file, use) +
                       turned_down_bytes(file) + kWorkingMemory;
  for (int layer = 0; layer < file.layers; ++layer) {
    const std::uint64_t neurons = feed_forward_bytes(file, layer);
    need = need + dense_neuron_bytes(file, use, layer) - neurons;
    if (!placed(file, use, layer).attention_on_gpu) continue;
    need -= layer_bytes(file, layer) - neurons + cache / static_cast<std::uint64_t>(file.layers);
  }
  const auto head = file.tensors.find("output.weight");
  const bool head_on_gpu = use.placement != nullptr && use.placement->head_on_gpu;
  return head_on_gpu && head != file.tensors.end() ? need - head->second.size : need;
}

MemoryUse fitting(const ModelFile& file, MemoryUse use, std::uint64_t available) {
  if (memory_need(file, use) > available) use.contexts = 1;
  const bool short_of_memory = memory_need(file, use) > available;
  use.feed_forward_mapped = short_of_memory && use.neurons_apart && deserves_neuron_cache(file);
  return use;
}

void require_memory(const ModelFile& file, const MemoryUse& use, std::uint64_t available) {
  const std::uint64_t need = memory_need(file, use);
  if (need <= available) return;
  throw Error(ErrorKind::kOutOfMemory,
              file.path.string() + ": the model needs " + in_gibibytes(need) + " of memory, " +
                  in_gibibytes(available) +
                  " are free: choose a smaller model or context, or close other programs");
}

}  // namespace hotset
