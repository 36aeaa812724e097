#include "hybrid/attention/tiled_attention.h"

#include <algorithm>

namespace hotset {

TiledAttention::TiledAttention(const AttentionKernels& kernels, int most_queries, int length, float scale)
    : kernels_(kernels),
      length_(length),
      scale_(scale),
      queries_(static_cast<std::size_t>(most_queries) * static_cast<std::size_t>(length)),
      tile_(static_cast<std::size_t>(kTileRows) * static_cast<std::size_t>(padded_length(length))),
      scores_(static_cast<std::size_t>(most_queries) * static_cast<std::size_t>(kTileRows)) {}

void TiledAttention::attend(const HeadRows& rows, Range positions, std::span<const int> visible,
                            PartialAttention& part) {
  const auto queries = static_cast<int>(visible.size());
  const auto tile_at = [&](int begin) { return Range{begin, std::min(begin + kTileRows, positions.end)}; };
  RowList keys = list(rows.keys, rows, tile_at(positions.begin));
  for (int begin = positions.begin; begin < positions.end; begin += kTileRows) {
    const Range tile = tile_at(begin);
    const RowList values = list(rows.values, rows, tile);
    const RowList next_keys = list(rows.keys, rows, tile_at(tile.end < positions.end ? tile.end : begin));
    kernels_.load_turned(keys.data(), values.data(), length_, tile_.data());
    score(queries);
    soften(begin, visible, part);
    kernels_.load(values.data(), next_keys.data(), length_, tile_.data());
    kernels_.multiply(scores_.data(), kTileRows, queries, tile.end - tile.begin, tile_.data(),
                      padded_length(length_), part.sums(0));
    keys = next_keys;
  }
}

/// Leaves the products of the queries and the keys of the tile, which are turned, in scores_.
void TiledAttention::score(int queries) {
  std::fill_n(scores_.begin(), std::ptrdiff_t{queries} * kTileRows, 0.0F);
  kernels_.multiply(queries_.data(), length_, queries, length_, tile_.data(), kTileRows, scores_.data());
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
