#include "hybrid/cached_attention.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "kernels/prefetch.h"
#include "runtime/node_visit.h"

namespace hotset {
namespace {

enum Source { kQueries, kKeys, kValues, kPositions, kCells, kSources };

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

CachedAttention::CachedAttention(const ModelFile& model, float scale, KernelChoice kernel, int context_length)
    : heads_(model.heads),
      kv_heads_(model.kv_heads),
      head_length_(model.key_length),
      scale_(scale),
      round_(round_kernel(kernel, rounding_for(GGML_TYPE_F16))),
      dot_(dot_kernel(kernel, GGML_TYPE_F16)),
      add_(add_kernel(kernel, GGML_TYPE_F16)),
      of_head_(static_cast<std::size_t>(model.heads), Head(model.key_length, context_length)) {}

ggml_tensor* CachedAttention::build(ggml_context* context, const AttentionInput& input) {
  std::array<ggml_tensor*, kSources> sources = {input.queries, input.keys, input.values, input.positions,
                                                input.cells};
  return ggml_custom_4d(context, GGML_TYPE_F32, std::int64_t{heads_} * head_length_, input.queries->ne[2], 1,
                        1, sources.data(), kSources, attend, GGML_N_TASKS_MAX, this);
}

void CachedAttention::attend(ggml_tensor* attended, int thread, int threads, void* self) {
  const NodeVisit visit;
  auto& own = *static_cast<CachedAttention*>(self);
  const Range heads = share(own.heads_, {.thread = thread, .threads = threads});
  for (int token = 0; token < static_cast<int>(attended->ne[1]); ++token) {
    own.attend_heads(*attended, heads, token);
  }
}

void CachedAttention::attend_heads(const ggml_tensor& node, Range heads, int token) {
  const ggml_tensor& keys = *node.src[kKeys];
  const ggml_tensor& values = *node.src[kValues];
  const auto* cells = static_cast<const std::int32_t*>(node.src[kCells]->data);
  const int count = static_cast<const std::int32_t*>(node.src[kPositions]->data)[token] + 1;
  ask_for(keys, cells, heads, run_at(0, count));
  round_queries(*node.src[kQueries], heads, token);
  multiply(keys, cells, heads, count);
  ask_for(values, cells, heads, run_at(0, count));
  for (int head = heads.begin; head < heads.end; ++head) {
    softmax(std::span(of(head).shares).first(static_cast<std::size_t>(count)), scale_);
  }
  sum_up(values, cells, heads, count, static_cast<float*>(node.data) + std::ptrdiff_t{token} * node.ne[0]);
}

void CachedAttention::round_queries(const ggml_tensor& queries, Range heads, int token) {
  const auto* first =
      static_cast<const std::byte*>(queries.data) + static_cast<std::size_t>(token) * queries.nb[2];
  for (int head = heads.begin; head < heads.end; ++head) {
    const std::byte* query = first + static_cast<std::size_t>(head) * queries.nb[1];
    round_(reinterpret_cast<const float*>(query), head_length_, of(head).query);
  }
}

/// Leaves the products of the heads' queries and the first `count` keys in their shares.
void CachedAttention::multiply(const ggml_tensor& keys, Cells cells, Range heads, int count) {
  for (int begin = 0; begin < count; begin += kRun) {
    const Range run = run_at(begin, count);
    ask_for(keys, cells, heads, run_at(run.end, count));
    for (int head = heads.begin; head < heads.end; ++head) {
      const Rows rows = rows_of(keys, cells, head, run);
      dot_(rows.data(), run.end - begin, of(head).query, head_length_, of(head).shares.data() + begin);
    }
  }
}

/// means: of all heads, [heads * head length].
void CachedAttention::sum_up(const ggml_tensor& values, Cells cells, Range heads, int count, float* means) {
  std::fill(means + std::ptrdiff_t{heads.begin} * head_length_,
            means + std::ptrdiff_t{heads.end} * head_length_, 0.0F);
  for (int begin = 0; begin < count; begin += kRun) {
    const Range run = run_at(begin, count);
    ask_for(values, cells, heads, run_at(run.end, count));
    for (int head = heads.begin; head < heads.end; ++head) {
      const Rows rows = rows_of(values, cells, head, run);
      add_(rows.data(), of(head).shares.data() + begin, run.end - begin, head_length_, 0, head_length_,
           means + std::ptrdiff_t{head} * head_length_);
    }
  }
}

std::size_t CachedAttention::place_of(int head) const {
  const int kv_head = head / (heads_ / kv_heads_);
  return static_cast<std::size_t>(kv_head * head_length_) * sizeof(ggml_fp16_t);
}

void CachedAttention::ask_for(const ggml_tensor& cache, Cells cells, Range heads, Range rows) const {
  if (heads.begin == heads.end) return;
  constexpr std::size_t kLine = 64;
  const std::size_t begin = place_of(heads.begin);
  const std::size_t end =
      place_of(heads.end - 1) + static_cast<std::size_t>(head_length_) * sizeof(ggml_fp16_t);
  for (int row = rows.begin; row < rows.end; ++row) {
    const auto* first =
        static_cast<const std::byte*>(cache.data) + static_cast<std::size_t>(cells[row]) * cache.nb[1];
    for (std::size_t at = begin; at < end; at += kLine) prefetch_line(first + at);
  }
}

/// Those of the positions `rows` in the head's part of the cache.
CachedAttention::Rows CachedAttention::rows_of(const ggml_tensor& cache, Cells cells, int head,
                                               Range rows) const {
  const auto* first = static_cast<const std::byte*>(cache.data) + place_of(head);
  Rows found;
  for (int row = rows.begin; row < rows.end; ++row) {
    found[static_cast<std::size_t>(row - rows.begin)] =
        first + static_cast<std::size_t>(cells[row]) * cache.nb[1];
  }
  return found;
}

}  // namespace hotset
