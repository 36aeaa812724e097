// What passes between the stages of a step: each device has its own copy of these tensors, at addresses that
// stay the same. In main memory they lie where the GPU can reach them by itself.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "gguf/model_file.h"
#include "hybrid/placement/gpu.h"
#include "hybrid/placement/layout.h"
#include "runtime/handles.h"

namespace hotset {

/// F32 [embedding, tokens] each.
enum class Slot {
  kResidual,  ///< residual stream after a layer's attention, or between layers of different devices
  kNormed,    ///< the feed-forward block's input
  kHot,       ///< what the hot block on the GPU adds to the residual stream
  kSum,       ///< what the other device adds to the residual stream, or all of it
};

/// The tensors of one device, as long as the longest step needs them; see at() for shorter ones.
struct Wires {
  std::array<ggml_tensor*, 4> slots = {};
  ggml_tensor* tokens = nullptr;     ///< I32
  ggml_tensor* positions = nullptr;  ///< I32
  ggml_tensor* rows = nullptr;       ///< I64, where in the KV cache
  ggml_tensor* mask = nullptr;       ///< F16 [KV length, tokens], 0 or minus infinity
  /// I32 [kMostColumns * KV length], the KV cache's row of each position of the sequence, or of several
  /// sequences one behind the other; null on the GPU
  ggml_tensor* cells = nullptr;
  /// I32, where in `cells` the sequence of each token begins, where each is another one's; null on the GPU
  ggml_tensor* starts = nullptr;

  ggml_tensor* slot(Slot which) const { return slots[static_cast<std::size_t>(which)]; }
};

class Exchange {
 public:
  /// For steps of up to `tokens` tokens. gpu: null where none takes part. Throws Error kOutOfMemory,
  /// GpuError.
  Exchange(const ModelFile& model, int tokens, int context_length, const Gpu* gpu);

  /// Tensors without data, as Weights::described().
  static Exchange described(const ModelFile& model, int tokens, int context_length);

  const Wires& on(Device device) const { return device == Device::kGpu ? gpu_ : cpu_; }

  /// As ggml allocated them.
  std::uint64_t gpu_bytes() const;
  /// What it would allocate in such memory.
  std::uint64_t bytes_in(ggml_backend_buffer_type_t memory) const;

 private:
  Exchange(const ModelFile& model, int tokens, int context_length);

  ContextHandle cpu_context_;
  ContextHandle gpu_context_;
  Wires cpu_;
  Wires gpu_;
  BufferHandle cpu_buffer_;
  BufferHandle gpu_buffer_;
};

/// Gives `tensor`, which must have no memory yet, the address of `wire`.
void attach(ggml_tensor* tensor, const ggml_tensor* wire);

}  // namespace hotset
