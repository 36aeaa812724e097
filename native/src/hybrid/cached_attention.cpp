#include "hybrid/cached_attention.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "hybrid/sparse_scratch.h"

namespace hotset {
namespace {

enum Source { kQueries, kKeys, kValues, kPositions, kSources };

/// Of the products times `scale`, in their place.
void softmax(std::span<float> products, float scale) {
  const float largest = *std::max_element(products.begin(), products.end());
  float sum = 0.0F;
  for (float& product : products) {
    // The largest is taken off first so that nothing overflows.
    product = std::exp((product - largest) * scale);
    sum += product;
  }
  for (float& share : products) share /= sum;
}

}  // namespace

CachedAttention::CachedAttention(const ModelFile& model, float scale, KernelChoice kernel, int context_length,
                                 int threads)
    : heads_(model.heads),
      kv_heads_(model.kv_heads),
      head_length_(model.key_length),
      scale_(scale),
      round_(round_kernel(kernel, rounding_for(GGML_TYPE_F16))),
      dot_(dot_kernel(kernel, GGML_TYPE_F16)),
      add_(add_kernel(kernel, GGML_TYPE_F16)),
      scratch_(static_cast<std::size_t>(threads), Scratch(model.key_length, context_length)) {}

ggml_tensor* CachedAttention::build(ggml_context* context, const AttentionInput& input) {
  std::array<ggml_tensor*, kSources> sources = {input.queries, input.keys, input.values, input.positions};
  return ggml_custom_4d(context, GGML_TYPE_F32, std::int64_t{heads_} * head_length_, input.queries->ne[2], 1,
                        1, sources.data(), kSources, attend, GGML_N_TASKS_MAX, this);
}

/// The threads share the heads: each reads the keys and values of its own alone.
void CachedAttention::attend(ggml_tensor* attended, int thread, int threads, void* self) {
  auto& own = *static_cast<CachedAttention*>(self);
  const Range heads = share(own.heads_, {.thread = thread, .threads = threads});
  for (int token = 0; token < static_cast<int>(attended->ne[1]); ++token) {
    for (int head = heads.begin; head < heads.end; ++head) {
      own.attend_head(*attended, head, token, own.scratch_[static_cast<std::size_t>(thread)]);
    }
  }
}

void CachedAttention::attend_head(const ggml_tensor& node, int head, int token, Scratch& own) const {
  const ggml_tensor& queries = *node.src[kQueries];
  const auto* query = reinterpret_cast<const float*>(static_cast<const std::byte*>(queries.data) +
                                                     static_cast<std::size_t>(head) * queries.nb[1] +
                                                     static_cast<std::size_t>(token) * queries.nb[2]);
  auto* mean = static_cast<float*>(node.data) + std::ptrdiff_t{token} * node.ne[0] +
               std::ptrdiff_t{head} * head_length_;
  const int kv_head = head / (heads_ / kv_heads_);
  const int count = static_cast<const std::int32_t*>(node.src[kPositions]->data)[token] + 1;

  round_(query, head_length_, own.query);
  list_rows(*node.src[kKeys], kv_head, count, own);
  dot_(own.rows.data(), count, own.query, head_length_, own.shares.data());
  softmax(std::span(own.shares).first(static_cast<std::size_t>(count)), scale_);
  list_rows(*node.src[kValues], kv_head, count, own);
  std::fill_n(mean, head_length_, 0.0F);
  add_(own.rows.data(), own.shares.data(), count, head_length_, 0, head_length_, mean);
}

void CachedAttention::list_rows(const ggml_tensor& cache, int kv_head, int count, Scratch& own) const {
  const auto* first = static_cast<const std::byte*>(cache.data) +
                      static_cast<std::size_t>(kv_head * head_length_) * sizeof(ggml_fp16_t);
  for (int row = 0; row < count; ++row) {
    own.rows[static_cast<std::size_t>(row)] = first + static_cast<std::size_t>(row) * cache.nb[1];
  }
}

}  // namespace hotset
