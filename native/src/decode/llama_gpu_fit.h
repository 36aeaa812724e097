// How much of a model libllama can put on a GPU within a budget: the best -ngl.
#pragma once

#include <cstdint>
#include <filesystem>

#include "decode/llama_model.h"

namespace hotset {

struct LlamaGpuFit {
  int layers = 0;           ///< LlamaGpu::layers; 0: not even the head fits
  std::uint64_t bytes = 0;  ///< what libllama will allocate on the device: weights, KV cache, compute buffers
};

/// The most layers whose memory, as libllama itself reckons it, lies within `budget` bytes. Loads no weights.
/// Throws Error kBadModel where libllama cannot run the model.
LlamaGpuFit fit_gpu_layers(const std::filesystem::path& path, int context_length, ggml_backend_dev_t device,
                           std::uint64_t budget, const CancelFlag& cancel);

}  // namespace hotset
