// Attention over the KV cache, on the CPU, of one token or of many.
//
// A range of positions is the unit that sums are added up in, whatever the number of tokens and of threads:
// tile by tile within it, then one range after the other. So a token's result is the same by itself, among
// drafted ones and in a prompt, and nobody waits for a thread that is late with more than a range.
#pragma once

#include <ggml.h>

#include <atomic>
#include <cstddef>
#include <vector>

#include "gguf/model_file.h"
#include "hybrid/attention/partial_attention.h"
#include "hybrid/attention/tiled_attention.h"
#include "kernels/kernel_choice.h"
#include "runtime/guided_schedule.h"
#include "runtime/shares.h"

namespace hotset {

struct AttentionInput {
  ggml_tensor* queries;    ///< F32 [head length, heads, tokens], rotated
  ggml_tensor* keys;       ///< F16 or Q8_0 [KV heads * head length, context]
  ggml_tensor* values;     ///< as keys
  ggml_tensor* positions;  ///< I32 [tokens]: each token sees the positions up to its own
  ggml_tensor* cells;      ///< I32 [positions]: the row of each position in keys and values
  /// I32 [tokens], where each token is another sequence's: where in `cells` that begins; null: all are of one
  ggml_tensor* starts = nullptr;
};

class CachedAttention {
 public:
  /// scale: of the products of queries and keys. type: of those and of values. Precondition: can_attend_to().
  CachedAttention(const ModelFile& model, float scale, KernelChoice kernel, ggml_type type,
                  int context_length, int threads);

  /// The mean of the stored values by the softmax of the products: F32 [heads * head length, tokens]. The
  /// graph must not outlive this.
  ggml_tensor* build(ggml_context* context, const AttentionInput& input);

 private:
  /// One thread's.
  struct Worker {
    TiledAttention attention;
    PartialAttention total;
    PartialAttention part;
    std::vector<int> visible;  ///< of each query
  };
  /// Queries of `tokens` with one KV head.
  struct Block {
    Range tokens;
    int kv_head;
  };

  static void attend(ggml_tensor* attended, int thread, int threads, void* self);
  /// Few tokens: threads share the ranges, and whoever ends a KV head's last one adds them up.
  void share_ranges(ggml_tensor& node, int threads, Worker& worker);
  /// Many, or those of several sequences: threads share the blocks.
  void share_blocks(ggml_tensor& node, int block_tokens, int threads, Worker& worker);

  int queries_of(const Block& block) const { return (block.tokens.end - block.tokens.begin) * group_; }
  HeadRows rows_of(const ggml_tensor& node, const Block& block) const;
  /// Has the worker take over the block's queries; returns the positions that they see.
  int begin(const ggml_tensor& node, const Block& block, Worker& worker) const;
  Range range_at(int index, int positions) const;
  int ranges_of(int positions) const { return (positions + range_length_ - 1) / range_length_; }
  void write(const PartialAttention& total, const Block& block, ggml_tensor& node) const;
  PartialAttention& part_of(int kv_head, int range) {
    return parts_[static_cast<std::size_t>(range) * static_cast<std::size_t>(kv_heads_) +
                  static_cast<std::size_t>(kv_head)];
  }

  int heads_;
  int kv_heads_;
  int group_;  ///< heads that share a KV head
  int head_length_;
  float scale_;
  int block_tokens_;
  int range_length_;
  GuidedSchedule schedule_;
  std::vector<Worker> workers_;
  std::vector<PartialAttention> parts_;  ///< of each range and KV head
  std::vector<std::atomic<int>> ended_;  ///< ranges of each KV head
};

}  // namespace hotset
