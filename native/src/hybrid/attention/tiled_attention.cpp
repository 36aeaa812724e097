#include "hybrid/attention/tiled_attention.h"

#include <ggml.h>

#include <algorithm>

namespace hotset {
namespace {

/// The first or the second half of a tile's rows, of so many bytes each.
template <int kWhich>
RowsAhead half(const std::array<const std::byte*, kTileRows>& rows, int bytes) {
  constexpr int kHalf = kTileRows / 2;
  return {.rows = rows.data() + kWhich * kHalf, .count = kHalf, .bytes = bytes};
}

}  // namespace

TiledAttention::TiledAttention(const AttentionKernels& kernels, int most_queries, int length, float scale)
    : kernels_(kernels),
      length_(length),
      scale_(scale),
      queries_(static_cast<std::size_t>(most_queries) * static_cast<std::size_t>(length)),
      tile_(static_cast<std::size_t>(kTileRows) * static_cast<std::size_t>(padded_length(length))),
      scores_(static_cast<std::size_t>(most_queries) * static_cast<std::size_t>(kTileRows)) {}

void TiledAttention::attend(const HeadRun& run, const HeadRun& next, std::span<const int> visible,
                            PartialAttention& part) {
  const auto queries = static_cast<int>(visible.size());
  const auto [begin, end] = run.positions;
  Tile tile = first_of(run);
  for (int at = begin; at < end; at += kTileRows) {
    const int behind = at + kTileRows;
    const Tile ahead = first_of(behind < end ? HeadRun{run.rows, {behind, end}} : next);
    kernels_.load_turned(tile.keys.data(), length_, tile_.data(), half<0>(ahead.keys, ahead.bytes));
    score(queries, half<1>(ahead.keys, ahead.bytes));
    soften(at, visible, part);
    kernels_.load(tile.values.data(), length_, tile_.data(), half<0>(ahead.values, ahead.bytes));
    kernels_.multiply(scores_.data(), kTileRows, queries, std::min(kTileRows, end - at), tile_.data(),
                      padded_length(length_), part.sums(0), half<1>(ahead.values, ahead.bytes));
    tile = ahead;
  }
}

/// Leaves the products of the queries and the keys of the tile, which are turned, in scores_.
void TiledAttention::score(int queries, RowsAhead ahead) {
  std::fill_n(scores_.begin(), std::ptrdiff_t{queries} * kTileRows, 0.0F);
  kernels_.multiply(queries_.data(), length_, queries, length_, tile_.data(), kTileRows, scores_.data(),
                    ahead);
}

/// Of the scores of the tile that begins at position `begin`, and of the sums so far.
void TiledAttention::soften(int begin, std::span<const int> visible, PartialAttention& part) {
  float* scores = scores_.data();
  for (int query = 0; query < static_cast<int>(visible.size()); ++query, scores += kTileRows) {
    const int seen = std::min(visible[static_cast<std::size_t>(query)] - begin, kTileRows);
    if (seen <= 0) {
      std::fill_n(scores, kTileRows, 0.0F);
      continue;
    }
    const float factor = kernels_.soften(scores, seen, scale_, part.state(query));
    if (factor != 1.0F) part.shrink(query, factor);
  }
}

TiledAttention::Tile TiledAttention::first_of(const HeadRun& run) const {
  const auto [begin, end] = run.positions;
  if (begin == end) return {.keys = {}, .values = {}, .bytes = 0};
  const Range positions{begin, std::min(begin + kTileRows, end)};
  return {.keys = list(run.rows.keys, run.rows, positions),
          .values = list(run.rows.values, run.rows, positions),
          .bytes = length_ * static_cast<int>(sizeof(ggml_fp16_t))};
}

/// The first row stands for those that a short tile lacks.
TiledAttention::RowList TiledAttention::list(const std::byte* first, const HeadRows& rows, Range positions) {
  const auto row_at = [&](int position) {
    return first + static_cast<std::size_t>(rows.cells[position]) * rows.stride;
  };
  RowList found;
  const int count = positions.end - positions.begin;
  for (int r = 0; r < count; ++r) found[static_cast<std::size_t>(r)] = row_at(positions.begin + r);
  std::fill(found.begin() + count, found.end(), found[0]);
  return found;
}

}  // namespace hotset
