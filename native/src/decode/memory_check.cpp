#include "decode/memory_check.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

#include "decode/model_bytes.h"
#include "error.h"
#include "hybrid/neuron_cache_store.h"
#include "hybrid/neuron_rows.h"
#include "hybrid/transposed_down.h"

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

std::string in_gibibytes(std::uint64_t bytes) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f GiB",
                static_cast<double>(bytes) / static_cast<double>(1U << 30U));
  return text.data();
}

}  // namespace

std::uint64_t memory_need(const ModelFile& file, const MemoryUse& use) {
  const std::uint64_t cache = cache_bytes_per_token(file) * static_cast<std::uint64_t>(use.context_length);
  const std::uint64_t rows = use.neurons_apart ? neuron_rows_bytes(file) : 0;
  const std::uint64_t mapped = use.feed_forward_mapped ? feed_forward_bytes(file) : 0;
  return file.size_bytes - mapped - on_gpu(file, use.gpu_layers) + cache + rows + turned_down_bytes(file) +
         kWorkingMemory;
}

MemoryUse fitting(const ModelFile& file, MemoryUse use, std::uint64_t available) {
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
