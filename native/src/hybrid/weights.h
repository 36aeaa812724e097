// The weights of a llama-family model as ggml tensors, each in the buffer where the CPU computes fastest with
// it.
#pragma once

#include <memory>
#include <vector>

#include "gguf/mapped_file.h"
#include "gguf/model_file.h"
#include "hybrid/handles.h"
#include "hybrid/large_memory.h"
#include "progress.h"

namespace hotset {

/// Shapes in ggml's order, innermost first. E embedding, Q = heads * head length, K = KV heads * head length,
/// N neurons of a layer.
struct LayerWeights {
  ggml_tensor* attention_norm = nullptr;  ///< [E]
  /// One matrix [E, Q + 2K], or null and the three apart.
  ggml_tensor* qkv = nullptr;
  ggml_tensor* query = nullptr;     ///< [E, Q]
  ggml_tensor* key = nullptr;       ///< [E, K]
  ggml_tensor* value = nullptr;     ///< [E, K]
  ggml_tensor* qkv_bias = nullptr;  ///< as the matrices, each null where there is no bias
  ggml_tensor* query_bias = nullptr;
  ggml_tensor* key_bias = nullptr;
  ggml_tensor* value_bias = nullptr;
  ggml_tensor* attention_output = nullptr;       ///< [Q, E]
  ggml_tensor* attention_output_bias = nullptr;  ///< [E], null without
  ggml_tensor* ffn_norm = nullptr;               ///< [E]
  /// One matrix [E, 2N], gate first, or null and the two apart.
  ggml_tensor* gate_up = nullptr;
  ggml_tensor* gate = nullptr;  ///< [E, N]
  ggml_tensor* up = nullptr;    ///< [E, N]
  ggml_tensor* down = nullptr;  ///< [N, E]
};

class Weights {
 public:
  /// Throws Error kOutOfMemory where a buffer cannot be had.
  /// `model` must outlive this.
  Weights(const ModelFile& model, const Progress& progress);

  ggml_tensor* token_embedding = nullptr;  ///< [E, vocabulary]
  ggml_tensor* output_norm = nullptr;      ///< [E]
  ggml_tensor* head = nullptr;             ///< [E, vocabulary]
  ggml_tensor* rope_factors = nullptr;     ///< [head length / 2], null without
  std::vector<LayerWeights> layers;

  /// The bytes of a tensor as the file holds them. Precondition: the model has it.
  const std::byte* file_bytes(const std::string& name) const;

 private:
  friend class WeightsLoader;

  const ModelFile& model_;
  MappedFile file_;
  LargeMemory memory_;  ///< of matrices joined from several
  std::vector<ContextHandle> contexts_;
  std::vector<BufferHandle> buffers_;
};

}  // namespace hotset
