// Operators of attention on tiles: a few rows of one KV head's keys or values, converted once for all queries
// that read them. The scalar ones are the reference; the others compute the same with the instructions in
// their name.
#pragma once

#include <cstddef>
#include <limits>

#include "kernels/kernel_choice.h"

namespace hotset {

/// Rows of a tile. 64 keys of 64 values fill half of a first-level cache.
inline constexpr int kTileRows = 64;

/// Up to so many queries take their values straight from the cache's rows, where a row is a multiple of so
/// many numbers.
inline constexpr int kFewQueries = 8;
inline constexpr int kDirectStep = 32;

/// A row of a tile is as long as this says of its values: a multiple of every register's width.
constexpr int padded_length(int length) { return (length + 15) / 16 * 16; }

/// e to the power of less counts as zero: F32 has no normal numbers there.
inline constexpr float kLeastExponent = -87.0F;

/// The softmax of the scores seen so far, one tile after the other (Milakov and Gimelshein, 2018, arXiv
/// 1805.02867).
struct SoftmaxState {
  float largest = -std::numeric_limits<float>::infinity();  ///< of the scores
  float sum = 0.0F;                                         ///< of exp(scale * (score - largest))
};

/// What will be loaded later. Kernels ask memory for it a little at a time: while they compute, memory has
/// nothing else to do, and all at once the rows would wait for each other.
struct RowsAhead {
  const std::byte* const* rows;
  int count;
  int bytes;  ///< of each
};

struct AttentionKernels {
  /// tile[r * padded_length(length) + i] = rows[r][i], for kTileRows rows of `length` values in F16; zero
  /// behind them.
  void (*load)(const std::byte* const* rows, int length, float* tile, RowsAhead ahead);

  /// The same turned: tile[i * kTileRows + r] = rows[r][i].
  void (*load_turned)(const std::byte* const* rows, int length, float* tile, RowsAhead ahead);

  /// sums[q * columns + c] += the sum over i < inner of left[q * stride + i] * tile[i * columns + c], for
  /// `count` rows of `left`. Every sum is added up by itself in ascending order of i, whatever `count` is.
  /// Precondition: columns is a multiple of 16.
  void (*multiply)(const float* left, int stride, int count, int inner, const float* tile, int columns,
                   float* sums, RowsAhead ahead);

  /// What load() and multiply() do, for few queries, without a tile between, which would be written and read
  /// more often than used. Null where a tile is as fast. Preconditions: 0 < count <= kFewQueries, length is a
  /// multiple of kDirectStep.
  void (*add_values)(const float* left, int stride, int count, int inner, const std::byte* const* rows,
                     int length, float* sums, RowsAhead ahead);

  /// load() of rows in Q8_0. Precondition: length is a multiple of 32.
  void (*load_rounded)(const std::byte* const* rows, int length, float* tile, RowsAhead ahead);

  /// add_values() of rows in Q8_0, of which there are kTileRows.
  void (*add_rounded_values)(const float* left, int stride, int count, int inner,
                             const std::byte* const* rows, int length, float* sums, RowsAhead ahead);

  /// Puts kTileRows rows in Q8_0 together as row groups (row_groups.h), which pack_group() does of rows that
  /// lie one behind the other. Precondition: can_group().
  void (*group_rounded)(const std::byte* const* rows, int length, std::byte* groups, RowsAhead ahead);

  /// Takes the first `visible` of kTileRows scores into the state, and leaves in their place
  /// exp(scale * (score - state.largest)), zero behind them. Returns what sums over earlier tiles have to be
  /// multiplied with.
  float (*soften)(float* scores, int visible, float scale, SoftmaxState& state);
};

/// Precondition: is_available(choice), and not kAuto.
const AttentionKernels& attention_kernels(KernelChoice choice);

// What one instruction set's source file offers.
const AttentionKernels& scalar_attention();
const AttentionKernels& avx2_attention();
const AttentionKernels& avx512_attention();
const AttentionKernels& neon_attention();

}  // namespace hotset
