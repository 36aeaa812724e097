#include "hybrid/attention/tiled_attention.h"

#include <ggml.h>

#include <algorithm>

namespace hotset {
namespace {

constexpr int kTileGroups = kTileRows / kGroupRows;

}  // namespace

bool can_attend_to(ggml_type type, int length) {
  return type == GGML_TYPE_F16 || (type == GGML_TYPE_Q8_0 && can_group(type, length));
}

TiledAttention::TiledAttention(KernelChoice kernel, ggml_type type, int most_queries, int length, float scale)
    : kernels_(attention_kernels(kernel)),
      type_(type),
      length_(length),
      row_bytes_(static_cast<int>(ggml_row_size(type, length))),
      scale_(scale),
      queries_(static_cast<std::size_t>(most_queries) * static_cast<std::size_t>(length)),
      tile_(static_cast<std::size_t>(kTileRows) * static_cast<std::size_t>(padded_length(length))),
      scores_(static_cast<std::size_t>(most_queries) * static_cast<std::size_t>(kTileRows)) {
  if (type == GGML_TYPE_F16) return;
  round_ = round_column_kernel(kernel, rounding_for(type));
  multiply_group_ = group_kernel(kernel, type);
  rounded_.resize(ColumnPanels::blocks(most_queries, length, rounding_for(type)));
  groups_.resize(kTileGroups * group_bytes(type, length));
}

void TiledAttention::begin(int count) {
  if (type_ == GGML_TYPE_F16) return;
  const ColumnPanels columns = panels(count);
  for (int q = 0; q < count; ++q) columns.round(round_, q, queries_.data() + std::ptrdiff_t{q} * length_);
}

void TiledAttention::attend(const HeadRun& run, const HeadRun& next, std::span<const int> visible,
                            PartialAttention& part) {
  const auto queries = static_cast<int>(visible.size());
  const auto [begin, end] = run.positions;
  std::array<Tile, 2> tiles;
  find_first(run, tiles[0]);
  for (int at = begin, index = 0; at < end; at += kTileRows, index = 1 - index) {
    const int behind = at + kTileRows;
    const Tile& tile = tiles[static_cast<std::size_t>(index)];
    Tile& ahead = tiles[static_cast<std::size_t>(1 - index)];
    find_first(behind < end ? HeadRun{run.rows, {behind, end}} : next, ahead);
    if (type_ == GGML_TYPE_F16) {
      score(tile, ahead, queries);
    } else {
      score_rounded(tile, ahead, queries);
    }
    soften(at, visible, part);
    add_values(tile, std::min(kTileRows, end - at), ahead, queries, part);
  }
}

/// Leaves the products of the queries and the keys of the tile in scores_.
void TiledAttention::score(const Tile& tile, const Tile& ahead, int queries) {
  kernels_.load_turned(tile.keys(), length_, tile_.data(), ahead.part(0, kTileRows / 2));
  std::fill_n(scores_.begin(), std::ptrdiff_t{queries} * kTileRows, 0.0F);
  kernels_.multiply(queries_.data(), length_, queries, length_, tile_.data(), kTileRows, scores_.data(),
                    ahead.part(kTileRows / 2, kTileRows));
}

/// The same of keys in Q8_0.
void TiledAttention::score_rounded(const Tile& tile, const Tile& ahead, int queries) {
  kernels_.group_rounded(tile.keys(), length_, groups_.data(), ahead.part(0, kTileRows / 2));
  const ColumnPanels columns = panels(queries);
  std::array<float, std::size_t{kPanelColumns} * kGroupRows> products;
  for (int group = 0; group < kTileGroups; ++group) {
    const std::byte* keys = groups_.data() + static_cast<std::size_t>(group) * group_bytes(type_, length_);
    float* scores = scores_.data() + std::ptrdiff_t{group} * kGroupRows;
    for (int p = 0; p < columns.count(); ++p) {
      const int count = columns.columns_of(p);
      multiply_group_(keys, length_, columns.at(p), count, products.data());
      const float* product = products.data();
      for (int c = 0; c < count; ++c, product += kGroupRows, scores += kTileRows) {
        std::copy_n(product, kGroupRows, scores);
      }
    }
  }
}

/// Adds the tile's values, each times its score, of which the first `seen` count. What is left of the rows
/// ahead is asked for.
void TiledAttention::add_values(const Tile& tile, int seen, const Tile& ahead, int queries,
                                PartialAttention& part) {
  const bool rounded = type_ != GGML_TYPE_F16;
  // The products of rounded keys ask for nothing.
  const int asked = rounded ? kTileRows / 2 : kTileRows;
  const auto add = rounded ? kernels_.add_rounded_values : kernels_.add_values;
  if (add != nullptr && queries <= kFewQueries && length_ % kDirectStep == 0) {
    add(scores_.data(), kTileRows, queries, seen, tile.values(), length_, part.sums(0),
        ahead.part(asked, 2 * kTileRows));
    return;
  }
  const auto load = rounded ? kernels_.load_rounded : kernels_.load;
  load(tile.values(), length_, tile_.data(), ahead.part(asked, asked + kTileRows / 2));
  kernels_.multiply(scores_.data(), kTileRows, queries, seen, tile_.data(), padded_length(length_),
                    part.sums(0), ahead.part(asked + kTileRows / 2, 2 * kTileRows));
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

void TiledAttention::find_first(const HeadRun& run, Tile& tile) const {
  const auto [begin, end] = run.positions;
  tile.bytes = begin == end ? 0 : row_bytes_;
  if (begin == end) return;
  const int count = std::min(kTileRows, end - begin);
  for (int r = 0; r < kTileRows; ++r) {
    const std::int32_t cell = run.rows.cells[r < count ? begin + r : begin];
    const std::size_t place = static_cast<std::size_t>(cell) * run.rows.stride;
    const auto row = static_cast<std::size_t>(r);
    tile.rows[row] = run.rows.keys + place;
    tile.rows[kTileRows + row] = run.rows.values + place;
  }
}

}  // namespace hotset
