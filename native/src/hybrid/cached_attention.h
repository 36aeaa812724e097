// Attention of a few tokens over the KV cache, on the CPU. ggml's operator goes through every row alone and
// takes several times as long for one token; it also sums the values in F16 there, this one in F32.
#pragma once

#include <ggml.h>

#include <cstddef>
#include <vector>

#include "gguf/model_file.h"
#include "kernels/kernels.h"

namespace hotset {

struct AttentionInput {
  ggml_tensor* queries;    ///< F32 [head length, heads, tokens], rotated
  ggml_tensor* keys;       ///< F16 [KV heads * head length, context]
  ggml_tensor* values;     ///< as keys
  ggml_tensor* positions;  ///< I32 [tokens]: each token sees the rows up to its own
};

class CachedAttention {
 public:
  /// scale: of the products of queries and keys
  CachedAttention(const ModelFile& model, float scale, KernelChoice kernel, int context_length, int threads);

  /// The mean of the stored values by the softmax of the products: F32 [heads * head length, tokens]. The
  /// graph must not outlive this.
  ggml_tensor* build(ggml_context* context, const AttentionInput& input);

 private:
  /// What a thread writes to.
  struct Scratch {
    Scratch(int head_length, int context_length)
        : query(head_length),
          rows(static_cast<std::size_t>(context_length)),
          shares(static_cast<std::size_t>(context_length)) {}

    Operand query;
    std::vector<const std::byte*> rows;
    std::vector<float> shares;  ///< of the rows in the mean; the products first
  };

  static void attend(ggml_tensor* attended, int thread, int threads, void* self);
  void attend_head(const ggml_tensor& node, int head, int token, Scratch& own) const;
  void list_rows(const ggml_tensor& cache, int kv_head, int count, Scratch& own) const;

  int heads_;
  int kv_heads_;
  int head_length_;
  float scale_;
  RoundKernel round_;
  DotKernel dot_;
  AddKernel add_;
  std::vector<Scratch> scratch_;  ///< one for each thread
};

}  // namespace hotset
