#include "hybrid/attention/cached_attention.h"

#include <algorithm>
#include <array>
#include <span>

#include "runtime/node_parts.h"
#include "runtime/node_visit.h"

namespace hotset {
namespace {

enum Source { kQueries, kKeys, kValues, kPositions, kCells, kStarts, kSources };

/// Positions whose sums are added up together: no more ranges than this in the longest sequence.
constexpr int kMostRanges = 32;
constexpr int kShortestRange = 256;

int range_length_for(int context_length) {
  const int length = std::max(kShortestRange, context_length / kMostRanges);
  return (length + kTileRows - 1) / kTileRows * kTileRows;
}

/// So many queries share a tile that converting it costs nothing beside them, and that what they need fits a
/// second-level cache.
int block_tokens_for(int group) {
  constexpr int kQueries = 96;
  constexpr int kFewest = 8;
  constexpr int kMost = 32;
  return std::clamp(kQueries / group, kFewest, kMost);
}

}  // namespace

CachedAttention::CachedAttention(const ModelFile& model, float scale, KernelChoice kernel, ggml_type type,
                                 int context_length, int threads)
    : heads_(model.heads),
      kv_heads_(model.kv_heads),
      group_(model.heads / model.kv_heads),
      head_length_(model.key_length),
      scale_(scale),
      block_tokens_(block_tokens_for(group_)),
      range_length_(range_length_for(context_length)),
      schedule_(1),
      ended_(static_cast<std::size_t>(kv_heads_)) {
  const int queries = block_tokens_ * group_;
  const PartialAttention part(queries, head_length_);
  const Worker worker{
      .attention = {kernel, type, queries, head_length_, scale_}, .total = part, .part = part, .visible = {}};
  workers_ = std::vector<Worker>(static_cast<std::size_t>(threads), worker);
  parts_ = std::vector<PartialAttention>(
      static_cast<std::size_t>(ranges_of(context_length)) * static_cast<std::size_t>(kv_heads_), part);
}

ggml_tensor* CachedAttention::build(ggml_context* context, const AttentionInput& input) {
  std::array<ggml_tensor*, kSources> sources = {input.queries,   input.keys,  input.values,
                                                input.positions, input.cells, input.starts};
  return ggml_custom_4d(context, GGML_TYPE_F32, std::int64_t{heads_} * head_length_, input.queries->ne[2], 1,
                        1, sources.data(), input.starts == nullptr ? kStarts : kSources, in_parts<attend>,
                        GGML_N_TASKS_MAX, this);
}

void CachedAttention::attend(ggml_tensor* attended, int thread, int threads, void* self) {
  const NodeVisit visit;
  auto& own = *static_cast<CachedAttention*>(self);
  Worker& worker = own.workers_[static_cast<std::size_t>(thread)];
  if (attended->src[kStarts] != nullptr) {
    own.share_blocks(*attended, 1, threads, worker);
  } else if (attended->ne[1] <= own.block_tokens_) {
    own.share_ranges(*attended, threads, worker);
  } else {
    own.share_blocks(*attended, own.block_tokens_, threads, worker);
  }
}

void CachedAttention::share_ranges(ggml_tensor& node, int threads, Worker& worker) {
  const auto tokens = static_cast<int>(node.ne[1]);
  const int positions = static_cast<const std::int32_t*>(node.src[kPositions]->data)[tokens - 1] + 1;
  const int ranges = ranges_of(positions);
  schedule_.each(ranges * kv_heads_, threads, [&](Range items) {
    const auto run_of = [&](int item) {
      const Block block{.tokens = {0, tokens}, .kv_head = item % kv_heads_};
      return HeadRun{rows_of(node, block), range_at(item / kv_heads_, positions)};
    };
    for (int item = items.begin; item < items.end; ++item) {
      const Block block{.tokens = {0, tokens}, .kv_head = item % kv_heads_};
      const int queries = queries_of(block);
      begin(node, block, worker);
      PartialAttention& part = part_of(block.kv_head, item / kv_heads_);
      part.clear(queries);
      const HeadRun next = item + 1 < items.end ? run_of(item + 1) : HeadRun{};
      worker.attention.attend(run_of(item), next, worker.visible, part);
      std::atomic<int>& ended = ended_[static_cast<std::size_t>(block.kv_head)];
      if (ended.fetch_add(1, std::memory_order_acq_rel) + 1 < ranges) continue;
      ended.store(0, std::memory_order_relaxed);
      worker.total.clear(queries);
      for (int range = 0; range < ranges; ++range) {
        worker.total.append(part_of(block.kv_head, range), queries, scale_);
      }
      write(worker.total, block, node);
    }
  });
}

void CachedAttention::share_blocks(ggml_tensor& node, int block_tokens, int threads, Worker& worker) {
  const auto tokens = static_cast<int>(node.ne[1]);
  const int blocks = (tokens + block_tokens - 1) / block_tokens;
  schedule_.each(blocks * kv_heads_, threads, [&](Range items) {
    for (int item = items.begin; item < items.end; ++item) {
      // The last ones first, for they see most and take longest.
      const int first = (blocks - 1 - item / kv_heads_) * block_tokens;
      const Block block{.tokens = {first, std::min(first + block_tokens, tokens)},
                        .kv_head = item % kv_heads_};
      const int queries = queries_of(block);
      const int positions = begin(node, block, worker);
      worker.total.clear(queries);
      for (int range = 0; range < ranges_of(positions); ++range) {
        worker.part.clear(queries);
        const HeadRows rows = rows_of(node, block);
        worker.attention.attend({rows, range_at(range, positions)}, {rows, range_at(range + 1, positions)},
                                worker.visible, worker.part);
        worker.total.append(worker.part, queries, scale_);
      }
      write(worker.total, block, node);
    }
  });
}

HeadRows CachedAttention::rows_of(const ggml_tensor& node, const Block& block) const {
  const ggml_tensor* starts = node.src[kStarts];
  const std::int32_t start =
      starts == nullptr ? 0 : static_cast<const std::int32_t*>(starts->data)[block.tokens.begin];
  const std::size_t place = ggml_row_size(node.src[kKeys]->type, std::int64_t{block.kv_head} * head_length_);
  return {.keys = static_cast<const std::byte*>(node.src[kKeys]->data) + place,
          .values = static_cast<const std::byte*>(node.src[kValues]->data) + place,
          .stride = node.src[kKeys]->nb[1],
          .cells = static_cast<const std::int32_t*>(node.src[kCells]->data) + start};
}

int CachedAttention::begin(const ggml_tensor& node, const Block& block, Worker& worker) const {
  const ggml_tensor& queries = *node.src[kQueries];
  const auto* positions = static_cast<const std::int32_t*>(node.src[kPositions]->data);
  worker.visible.clear();
  float* target = worker.attention.queries();
  for (int token = block.tokens.begin; token < block.tokens.end; ++token) {
    const auto* first =
        static_cast<const std::byte*>(queries.data) + static_cast<std::size_t>(token) * queries.nb[2] +
        static_cast<std::size_t>(block.kv_head) * static_cast<std::size_t>(group_) * queries.nb[1];
    for (int head = 0; head < group_; ++head, first += queries.nb[1], target += head_length_) {
      std::copy_n(reinterpret_cast<const float*>(first), head_length_, target);
      worker.visible.push_back(positions[token] + 1);
    }
  }
  worker.attention.begin(static_cast<int>(worker.visible.size()));
  return worker.visible.back();
}

Range CachedAttention::range_at(int index, int positions) const {
  return {std::min(index * range_length_, positions), std::min((index + 1) * range_length_, positions)};
}

void CachedAttention::write(const PartialAttention& total, const Block& block, ggml_tensor& node) const {
  int query = 0;
  for (int token = block.tokens.begin; token < block.tokens.end; ++token) {
    float* mean = static_cast<float*>(node.data) + std::ptrdiff_t{token} * node.ne[0] +
                  std::ptrdiff_t{block.kv_head} * group_ * head_length_;
    for (int head = 0; head < group_; ++head, ++query, mean += head_length_) {
      total.mean_of(query, std::span(mean, static_cast<std::size_t>(head_length_)));
    }
  }
}

}  // namespace hotset
