// The weights of a llama-family model as ggml tensors: on the GPU where the layout says so, else in the
// buffer where the CPU computes fastest with them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "gguf/model_file.h"
#include "hybrid/placement/layout.h"
#include "hybrid/weights/weight_store.h"
#include "progress.h"

namespace hotset {

struct NormWeights {
  ggml_tensor* weight = nullptr;  ///< [E]
  ggml_tensor* bias = nullptr;    ///< [E], null without
};

/// Shapes in ggml's order, innermost first. E embedding, Q = heads * head length, K = KV heads * head length,
/// N neurons.
struct FeedForwardWeights {
  /// One matrix [E, 2N], gate first, or null and the two apart. Where neurons have no gate, up alone.
  ggml_tensor* gate_up = nullptr;
  ggml_tensor* gate = nullptr;     ///< [E, N]
  ggml_tensor* up = nullptr;       ///< [E, N]
  ggml_tensor* up_bias = nullptr;  ///< [N], null without
  ggml_tensor* down = nullptr;     ///< [N, E]; null: no neurons here

  explicit operator bool() const { return down != nullptr; }
};

/// Attention, norms and the bias of down lie where Layout::attention() says.
struct LayerWeights {
  NormWeights attention_norm;
  /// One matrix [E, Q + 2K], or null and the three apart.
  ggml_tensor* qkv = nullptr;
  ggml_tensor* query = nullptr;     ///< [E, Q]
  ggml_tensor* key = nullptr;       ///< [E, K]
  ggml_tensor* value = nullptr;     ///< [E, K]
  ggml_tensor* qkv_bias = nullptr;  ///< as the matrices, each null where there is no bias
  ggml_tensor* query_bias = nullptr;
  ggml_tensor* key_bias = nullptr;
  ggml_tensor* value_bias = nullptr;
  ggml_tensor* query_norm = nullptr;             ///< [head length], null without
  ggml_tensor* key_norm = nullptr;               ///< as query_norm
  ggml_tensor* attention_output = nullptr;       ///< [Q, E]
  ggml_tensor* attention_output_bias = nullptr;  ///< [E], null without
  NormWeights ffn_norm;
  ggml_tensor* down_bias = nullptr;  ///< [E], null without
  /// The neurons that the GPU computes, in the order of frequency; all of them in the model's own order.
  FeedForwardWeights hot;
  /// All others, in the same orders: what the CPU computes densely.
  FeedForwardWeights rest;
};

class Weights {
 public:
  /// Throws Error kOutOfMemory where main memory is short, GpuError where the GPU's is.
  /// `model` must outlive this.
  Weights(const ModelFile& model, const Layout& layout, const Progress& progress);

  /// Tensors without data, only to measure what they and graphs over them take: the graphs are never
  /// computed.
  static Weights described(const ModelFile& model, const Layout& layout);

  ggml_tensor* token_embedding = nullptr;  ///< [E, vocabulary]
  NormWeights output_norm;
  ggml_tensor* head = nullptr;  ///< [E, vocabulary]
  std::vector<LayerWeights> layers;

  /// [turned elements of a head / 2], null without.
  ggml_tensor* rope_factors(Device device) const {
    return device == Device::kGpu ? gpu_rope_factors_ : cpu_rope_factors_;
  }

  /// The bytes of a tensor as the file holds them. Precondition: the model has it.
  const std::byte* file_bytes(const std::string& name) const { return store_.file_bytes(name); }

  /// The tensors that lie on the GPU; null where none does.
  ggml_context* gpu_tensors() const { return gpu_ == nullptr ? nullptr : store_.tensors_in(gpu_); }
  /// As ggml allocated them.
  std::uint64_t gpu_bytes() const { return gpu_ == nullptr ? 0 : store_.bytes_in(gpu_); }

 private:
  friend class WeightsPlan;

  Weights(const ModelFile& model, const Layout& layout);

  WeightStore store_;
  ggml_backend_buffer_type_t gpu_;  ///< null: none
  ggml_tensor* cpu_rope_factors_ = nullptr;
  ggml_tensor* gpu_rope_factors_ = nullptr;
};

}  // namespace hotset
