// Random weights that lie on the levels of a quantised type: quantising them loses nothing, however they are
// grouped into blocks.
#pragma once

#include <ggml.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "gguf/random.h"

namespace hotset {

/// The highest level of `type`: whole numbers up to it times one scale are what a block of the type holds.
/// For types without such blocks a number that half precision holds.
int highest_level(ggml_type type);

/// A level between -highest + 1 and highest - 1.
float random_level(Random& random, int highest);
/// The highest level or its negative: what every block needs so that its scale is found again.
float anchor_level(Random& random, int highest);
/// Standard deviation of levels of which one in `block` is an anchor.
double level_deviation(int highest, int block);

/// `values` in `type`, as bytes.
std::vector<std::byte> quantise(ggml_type type, std::span<const float> values);

/// Square pieces of a matrix, quantised along the rows and along the columns from the same values: a matrix
/// put together from them and its transpose hold the same weights, each in blocks of its own.
class MatrixTiles {
 public:
  /// Weights of standard deviation `deviation`. `clear_first_row`: the first row of every tile is zero.
  MatrixTiles(ggml_type type, double deviation, bool clear_first_row, std::uint64_t seed);

  /// Rows and columns of a tile.
  int side() const { return side_; }
  /// Bytes of one row or column of a tile.
  std::size_t run_bytes() const { return run_bytes_; }

  /// Row `row` or column `column` of the tile that `choice`, any number, stands for.
  const std::byte* row(std::uint64_t choice, int row) const { return at(rows_, choice, row); }
  const std::byte* column(std::uint64_t choice, int column) const { return at(columns_, choice, column); }

 private:
  const std::byte* at(const std::vector<std::byte>& runs, std::uint64_t choice, int run) const;

  int side_;
  std::size_t run_bytes_;
  std::uint64_t tiles_;
  std::vector<std::byte> rows_;
  std::vector<std::byte> columns_;
};

}  // namespace hotset
