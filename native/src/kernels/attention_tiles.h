// Attention's operators, written once over a vector type with the operations of tile_vector_*.h. See lane.h
// for who may include this.
#pragma once

#include <array>
#include <cstddef>
#include <utility>

#include "kernels/attention_kernels.h"
#include "kernels/attention_q8_0.h"
#include "kernels/attention_rows.h"
#include "kernels/lane.h"

namespace hotset {
namespace {

template <class V>
void load_row(const Half* row, std::size_t length, std::size_t padded, float* values) {
  std::size_t i = 0;
  for (; i + V::kWidth <= length; i += V::kWidth) V::store(values + i, V::load(row + i));
  for (; i < length; ++i) values[i] = V::single(row[i]);
  for (; i < padded; ++i) values[i] = 0.0F;
}

template <class V>
void load(const std::byte* const* rows, int length, float* tile, RowsAhead ahead) {
  const auto padded = static_cast<std::size_t>(padded_length(length));
  Asking asking(ahead, kTile);
  for (std::size_t r = 0; r < kTile; ++r) {
    asking.step();
    load_row<V>(reinterpret_cast<const Half*>(rows[r]), static_cast<std::size_t>(length), padded,
                tile + r * padded);
  }
}

/// As many rows as a register has numbers, and as many of their values from `begin`: converted, then turned.
template <class V>
HOTSET_INLINE void turn_singles(const std::byte* const* rows, std::size_t begin, float* tile) {
  Square<V> square;
  for (std::size_t r = 0; r < V::kWidth; ++r) {
    square[r].value = V::load(reinterpret_cast<const Half*>(rows[r]) + begin);
  }
  turn_square<V>(square);
  for (std::size_t i = 0; i < V::kWidth; ++i) V::store(tile + (begin + i) * kTile, square[i].value);
}

/// The same, by what is faster with these vectors.
template <class V>
HOTSET_INLINE void turn(const std::byte* const* rows, std::size_t begin, float* tile) {
  if constexpr (V::kTurnsHalves) {
    V::turn_halves(rows, begin, tile + begin * kTile, kTile);
  } else {
    turn_singles<V>(rows, begin, tile);
  }
}

template <class V>
void load_turned(const std::byte* const* rows, int length, float* tile, RowsAhead ahead) {
  const auto values = static_cast<std::size_t>(length);
  Asking asking(ahead, std::max<std::size_t>(kTile / V::kWidth * (values / V::kWidth), 1));
  for (std::size_t r = 0; r < kTile; r += V::kWidth) {
    std::size_t i = 0;
    for (; i + V::kWidth <= values; i += V::kWidth) {
      asking.step();
      turn<V>(rows + r, i, tile + r);
    }
    for (; i < values; ++i) {
      for (std::size_t k = r; k < r + V::kWidth; ++k) {
        tile[i * kTile + k] = V::single(reinterpret_cast<const Half*>(rows[k])[i]);
      }
    }
  }
}

template <class V>
struct TileRows {
  const float* tile;
  std::size_t columns;

  HOTSET_INLINE typename V::Register load(std::size_t row, std::size_t column) const {
    return V::load(tile + row * columns + column);
  }
};

/// kQueries rows of `left`, kRegisters registers of each of `rows` from `begin` on.
template <class V, std::size_t kQueries, std::size_t kRegisters, class Rows, class Ask>
Ask multiply_block(const float* left, std::size_t stride, std::size_t inner, const Rows& rows,
                   std::size_t begin, std::size_t columns, float* sums, Ask ask) {
  std::array<std::array<Lane<V>, kRegisters>, kQueries> totals;
  float* first = sums + begin;
  for (std::size_t q = 0; q < kQueries; ++q) {
    for (std::size_t k = 0; k < kRegisters; ++k) {
      totals[q][k].value = V::load(first + q * columns + k * V::kWidth);
    }
  }
  for (std::size_t i = 0; i < inner; ++i) {
    ask.step();
    std::array<Lane<V>, kRegisters> row;
    for (std::size_t k = 0; k < kRegisters; ++k) row[k].value = rows.load(i, begin + k * V::kWidth);
    for (std::size_t q = 0; q < kQueries; ++q) {
      const typename V::Register factor = V::broadcast(left[q * stride + i]);
      for (std::size_t k = 0; k < kRegisters; ++k) {
        totals[q][k].value = V::multiply_add(row[k].value, factor, totals[q][k].value);
      }
    }
  }
  for (std::size_t q = 0; q < kQueries; ++q) {
    for (std::size_t k = 0; k < kRegisters; ++k) {
      V::store(first + q * columns + k * V::kWidth, totals[q][k].value);
    }
  }
  return ask;
}

/// Asks while it computes the first columns, which are all there are where heads are short.
template <class V, std::size_t kQueries, class Ask>
void multiply_rows(const float* left, std::size_t stride, std::size_t inner, const float* tile,
                   std::size_t columns, float* sums, Ask ask) {
  constexpr std::size_t kBlock = V::kTileRegisters * V::kWidth;
  const TileRows<V> rows{tile, columns};
  std::size_t c = 0;
  if (columns >= kBlock) {
    multiply_block<V, kQueries, V::kTileRegisters>(left, stride, inner, rows, c, columns, sums, ask);
    c = kBlock;
  }
  for (; c + kBlock <= columns; c += kBlock) {
    multiply_block<V, kQueries, V::kTileRegisters>(left, stride, inner, rows, c, columns, sums, NoAsking());
  }
  for (; c < columns; c += V::kWidth) {
    multiply_block<V, kQueries, 1>(left, stride, inner, rows, c, columns, sums, NoAsking());
  }
}

/// multiply_rows for each number of queries.
template <class V, class Ask, std::size_t... kQueries>
constexpr auto rows_of_each(std::index_sequence<kQueries...> /*numbers*/) {
  using Rows = void (*)(const float*, std::size_t, std::size_t, const float*, std::size_t, float*, Ask);
  return std::array<Rows, sizeof...(kQueries)>{multiply_rows<V, kQueries + 1, Ask>...};
}

template <class V>
void multiply(const float* left, int stride, int count, int inner, const float* tile, int columns,
              float* sums, RowsAhead ahead) {
  constexpr std::size_t kMost = 6;
  static constexpr auto kAsking = rows_of_each<V, Asking>(std::make_index_sequence<kMost>());
  static constexpr auto kSilent = rows_of_each<V, NoAsking>(std::make_index_sequence<kMost>());
  const auto all = static_cast<std::size_t>(count);
  const auto step = static_cast<std::size_t>(stride);
  const auto depth = static_cast<std::size_t>(inner);
  const auto width = static_cast<std::size_t>(columns);
  // Even blocks: few rows alone would wait for the latency of their additions.
  const std::size_t blocks = (all + kMost - 1) / kMost;
  for (std::size_t b = 0; b < blocks; ++b) {
    const std::size_t begin = all * b / blocks;
    const std::size_t rows = all * (b + 1) / blocks - begin;
    if (b == 0) {
      kAsking[rows - 1](left, step, depth, tile, width, sums, Asking(ahead, depth));
    } else {
      kSilent[rows - 1](left + begin * step, step, depth, tile, width, sums + begin * width, NoAsking());
    }
  }
}

/// The cache's rows in F16.
template <class V>
struct SingleRows {
  SingleRows(const std::byte* const* all, std::size_t /*begin*/) : rows(all) {}

  HOTSET_INLINE typename V::Register load(std::size_t row, std::size_t value) const {
    return V::load(reinterpret_cast<const Half*>(rows[row]) + value);
  }

  const std::byte* const* rows;
};

/// kQueries rows of `left` with whole rows of the cache, kRegisters registers of them at a time.
template <class V, class Rows, std::size_t kQueries>
void add_rows(const float* left, std::size_t stride, std::size_t inner, const std::byte* const* rows,
              std::size_t length, float* sums, RowsAhead ahead) {
  constexpr std::size_t kBlock = V::kDirectRegisters * V::kWidth;
  Asking asking(ahead, inner * (length / kBlock));
  for (std::size_t begin = 0; begin < length; begin += kDirectStep) {
    const Rows part(rows, begin);
    for (std::size_t c = begin; c < begin + kDirectStep; c += kBlock) {
      asking = multiply_block<V, kQueries, V::kDirectRegisters>(left, stride, inner, part, c, length, sums,
                                                                asking);
    }
  }
}

template <class V, class Rows, std::size_t... kQueries>
constexpr auto adding_each(std::index_sequence<kQueries...> /*numbers*/) {
  using Add = void (*)(const float*, std::size_t, std::size_t, const std::byte* const*, std::size_t, float*,
                       RowsAhead);
  return std::array<Add, sizeof...(kQueries)>{add_rows<V, Rows, kQueries + 1>...};
}

template <class V, class Rows>
void add_values(const float* left, int stride, int count, int inner, const std::byte* const* rows, int length,
                float* sums, RowsAhead ahead) {
  static constexpr auto kEach = adding_each<V, Rows>(std::make_index_sequence<kFewQueries>());
  kEach[static_cast<std::size_t>(count - 1)](left, static_cast<std::size_t>(stride),
                                             static_cast<std::size_t>(inner), rows,
                                             static_cast<std::size_t>(length), sums, ahead);
}

/// e to the power of x <= 0, within two units of the last place; zero below
/// kLeastExponent. x = n ln 2 + r, and the series of e to the power of r ends below the rounding.
template <class V>
typename V::Register exponential(typename V::Register x) {
  using Register = typename V::Register;
  constexpr float kLog2E = 1.44269504F;
  // ln 2 in two parts, the first short enough for its products with n to be exact.
  constexpr float kLn2High = 0.693359375F;
  constexpr float kLn2Low = -2.12194440e-4F;
  constexpr std::array kSeries = {1.0F / 720, 1.0F / 120, 1.0F / 24, 1.0F / 6, 0.5F, 1.0F, 1.0F};
  const Register clamped = V::maximum(x, V::broadcast(kLeastExponent));
  const Register n = V::round(V::multiply(clamped, V::broadcast(kLog2E)));
  Register r = V::multiply_add(n, V::broadcast(-kLn2High), clamped);
  r = V::multiply_add(n, V::broadcast(-kLn2Low), r);
  Register power = V::broadcast(1.0F / 5040);
  for (const float term : kSeries) power = V::multiply_add(power, r, V::broadcast(term));
  return V::zero_below(V::times_power_of_two(power, n), x, V::broadcast(kLeastExponent));
}

template <class V>
float soften(float* scores, int visible, float scale, SoftmaxState& state) {
  using Register = typename V::Register;
  for (auto r = static_cast<std::size_t>(visible); r < kTile; ++r) {
    scores[r] = -std::numeric_limits<float>::infinity();
  }
  const float before = state.largest;
  Register largest = V::broadcast(before);
  for (std::size_t r = 0; r < kTile; r += V::kWidth) largest = V::maximum(largest, V::load(scores + r));
  state.largest = V::largest(largest);
  const Register highest = V::broadcast(-state.largest);
  const Register factor = V::broadcast(scale);
  Register sum = V::zero();
  for (std::size_t r = 0; r < kTile; r += V::kWidth) {
    const Register power = exponential<V>(V::multiply(V::add(V::load(scores + r), highest), factor));
    V::store(scores + r, power);
    sum = V::add(sum, power);
  }
  // As in most tiles but the first: e to the power of zero is one, without computing it.
  if (before == state.largest) {
    state.sum += V::sum(sum);
    return 1.0F;
  }
  std::array<float, V::kWidth> shrunk;
  V::store(shrunk.data(), exponential<V>(V::broadcast((before - state.largest) * scale)));
  state.sum = state.sum * shrunk[0] + V::sum(sum);
  return shrunk[0];
}

/// add_values() where it pays with these vectors.
template <class V, template <class> class Rows>
constexpr auto add_values_kernel() {
  if constexpr (V::kDirectRegisters > 0) {
    return add_values<V, Rows<V>>;
  } else {
    return nullptr;
  }
}

template <class V>
constexpr AttentionKernels tile_kernels() {
  return {.load = load<V>,
          .load_turned = load_turned<V>,
          .multiply = multiply<V>,
          .add_values = add_values_kernel<V, SingleRows>(),
          .load_rounded = load_rounded<V>,
          .add_rounded_values = add_values_kernel<V, RoundedRows>(),
          .group_rounded = group_rounded<V>,
          .soften = soften<V>};
}

}  // namespace
}  // namespace hotset
