// Attention of a few tokens over the KV cache, on the CPU. ggml's operator goes through every row alone and
// takes several times as long for one token; it also sums the values in F16 there, this one in F32.
#pragma once

#include <ggml.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "gguf/model_file.h"
#include "hybrid/shares.h"
#include "kernels/kernels.h"
#include "kernels/operand.h"

namespace hotset {

struct AttentionInput {
  ggml_tensor* queries;    ///< F32 [head length, heads, tokens], rotated
  ggml_tensor* keys;       ///< F16 [KV heads * head length, context]
  ggml_tensor* values;     ///< as keys
  ggml_tensor* positions;  ///< I32 [tokens]: each token sees the positions up to its own
  ggml_tensor* cells;      ///< I32 [positions]: the row of each position in keys and values
};

class CachedAttention {
 public:
  /// scale: of the products of queries and keys
  CachedAttention(const ModelFile& model, float scale, KernelChoice kernel, int context_length);

  /// The mean of the stored values by the softmax of the products: F32 [heads * head length, tokens]. The
  /// graph must not outlive this.
  ggml_tensor* build(ggml_context* context, const AttentionInput& input);

 private:
  /// Of a head, which one thread computes.
  struct Head {
    Head(int head_length, int context_length)
        : query(head_length), shares(static_cast<std::size_t>(context_length)) {}

    Operand query;
    std::vector<float> shares;  ///< of the rows in the mean; the products first
  };

  /// Tokens that all heads go through before the next ones: a token's row is contiguous over the heads, while
  /// one head alone finds as many pieces of memory as there are tokens. The next ones are asked for
  /// meanwhile.
  static constexpr int kRun = 8;
  using Rows = std::array<const std::byte*, kRun>;

  /// Of each position, see AttentionInput.
  using Cells = const std::int32_t*;

  static void attend(ggml_tensor* attended, int thread, int threads, void* self);
  void attend_heads(const ggml_tensor& node, Range heads, int token);
  void round_queries(const ggml_tensor& queries, Range heads, int token);
  void multiply(const ggml_tensor& keys, Cells cells, Range heads, int count);
  void sum_up(const ggml_tensor& values, Cells cells, Range heads, int count, float* means);
  Head& of(int head) { return of_head_[static_cast<std::size_t>(head)]; }
  /// The run of `count` tokens that begins there; empty behind the last.
  static Range run_at(int begin, int count) { return {begin, std::min(begin + kRun, count)}; }
  /// Bytes from the beginning of a token's row.
  std::size_t place_of(int head) const;
  /// Has the rows brought into the cache.
  void ask_for(const ggml_tensor& cache, Cells cells, Range heads, Range rows) const;
  Rows rows_of(const ggml_tensor& cache, Cells cells, int head, Range rows) const;

  int heads_;
  int kv_heads_;
  int head_length_;
  float scale_;
  RoundKernel round_;
  DotKernel dot_;
  AddKernel add_;
  std::vector<Head> of_head_;
};

}  // namespace hotset
