// Whether a model fits before it is loaded: a machine that swaps, or a process that is killed, tells nobody
// why.
#pragma once

#include <ggml.h>

#include <cstdint>

#include "gguf/model_file.h"
#include "neurons/placement.h"

namespace hotset {

/// What stays free for everything else, where a second copy of weights would only be faster.
inline constexpr std::uint64_t kLeftFree = std::uint64_t{1} << 30U;

/// How a model is to be loaded, as far as that takes memory.
struct MemoryUse {
  int context_length = 0;
  ggml_type cache_type = GGML_TYPE_F16;  ///< of the KV cache
  int contexts = 1;  ///< that the KV cache has room for, so that several documents keep theirs
  bool neurons_apart =
      false;  ///< exact mode keeps each neuron's rows together, beside the matrices that prefill uses
  bool downs_apart = false;  ///< thresholded mode by product keeps down rows by neuron beside the matrices
  bool feed_forward_mapped = false;      ///< see Layout::map_feed_forward
  int gpu_layers = 0;                    ///< that llama.cpp keeps on a GPU, see LlamaGpu::layers
  const Placement* placement = nullptr;  ///< of the hybrid decoder; null: nothing lies on a GPU
};

/// Bytes of main memory for weights, KV cache and working memory.
std::uint64_t memory_need(const ModelFile& file, const MemoryUse& use);

/// Where memory does not hold all of that: gives the KV cache one context only, and then leaves the
/// feed-forward matrices in the file where that makes room for neurons kept apart, and a file of their own
/// holds those.
MemoryUse fitting(const ModelFile& file, MemoryUse use, std::uint64_t available);

/// Throws Error kOutOfMemory, naming both figures, where that exceeds `available` bytes.
void require_memory(const ModelFile& file, const MemoryUse& use, std::uint64_t available);

}  // namespace hotset
