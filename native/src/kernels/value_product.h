// The product of a group of rows of F16 or BF16 weights with up to kPanelColumns columns, written once over a
// vector type. A column's additions have the same order however many there are. See lane.h for who may
// include this.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>

#include "kernels/column_block.h"
#include "kernels/group_product.h"
#include "kernels/lane.h"
#include "kernels/prefetch.h"

namespace hotset {
namespace {

/// Neighbouring weights are added to sums by turns: an addition alone would wait for the one before.
inline constexpr std::size_t kTurns = 2;

/// A group's sixteen rows go along side by side, so that a column's value is fetched once for all of them.
template <class V>
inline constexpr std::size_t kRegisters = 16 / V::kWidth;

/// Columns of which the registers then hold the sums: 32 of 16 numbers do more than 16 of 8, or 32 of 4.
template <class V>
inline constexpr std::size_t kValueColumns = V::kWidth == 16 ? 8 : 3;

/// Value i of a block, for every row.
template <class V>
HOTSET_INLINE typename V::Register block_value(const ColumnBlock& block, std::size_t i) {
  float value = 0.0F;
  std::memcpy(&value, reinterpret_cast<const std::byte*>(&block) + i * sizeof value, sizeof value);
  return V::broadcast(value);
}

/// Of every row.
template <class V, std::size_t kColumns>
using ColumnSums = std::array<std::array<Lane<V>, kRegisters<V>>, kColumns>;

/// Adds what a weight of every row makes with value i of each column's block.
template <class V, class T, std::size_t kColumns>
HOTSET_INLINE void add_products(const T* weights, const ColumnBlock* columns, std::size_t i,
                                ColumnSums<V, kColumns>& sums) {
  std::array<Lane<V>, kRegisters<V>> rows;
  for (std::size_t k = 0; k < rows.size(); ++k) rows[k].value = V::load(weights + k * V::kWidth);
  for (std::size_t c = 0; c < kColumns; ++c) {
    const auto value = block_value<V>(columns[c], i);
    for (std::size_t k = 0; k < rows.size(); ++k) {
      auto& sum = sums[c][k].value;
      sum = V::multiply_add(rows[k].value, value, sum);
    }
  }
}

/// stride: columns of the panel, of which kColumns are multiplied.
template <class V, class T, std::size_t kColumns>
void multiply_value_columns(const std::byte* group, std::size_t blocks, const ColumnBlock* panel,
                            std::size_t stride, float* products) {
  constexpr std::size_t kBytes = kBlockFloats * kHalvesBytes;
  std::array<ColumnSums<V, kColumns>, kTurns> sums;
  for (auto& turn : sums) {
    for (auto& column : turn) {
      for (auto& sum : column) sum.value = V::zero();
    }
  }
  for (std::size_t b = 0; b < blocks; ++b, group += kBytes, panel += stride) {
    prefetch_bytes<kBytes>(group + kBytesAhead);
    for (std::size_t i = 0; i < kBlockFloats; i += kTurns) {
      for (std::size_t turn = 0; turn < kTurns; ++turn) {
        const T* weights = reinterpret_cast<const T*>(group + (i + turn) * kHalvesBytes);
        add_products<V>(weights, panel, i + turn, sums[turn]);
      }
    }
  }
  for (std::size_t c = 0; c < kColumns; ++c) {
    for (std::size_t k = 0; k < kRegisters<V>; ++k, products += V::kWidth) {
      V::store(products, V::add(sums[0][c][k].value, sums[1][c][k].value));
    }
  }
}

/// As many columns at a time as the registers hold, then what is left in one go.
template <class V, class T, std::size_t kColumns = kValueColumns<V>>
void multiply_values_from(const std::byte* group, std::size_t blocks, const ColumnBlock* panel,
                          std::size_t stride, std::size_t column, float* products) {
  for (; column + kColumns <= stride; column += kColumns) {
    multiply_value_columns<V, T, kColumns>(group, blocks, panel + column, stride, products + column * 16);
  }
  if constexpr (kColumns > 1) {
    multiply_values_from<V, T, kColumns - 1>(group, blocks, panel, stride, column, products);
  }
}

/// T: Half or Brain.
template <class V, class T>
void multiply_value_group(const std::byte* group, int length, const ColumnBlock* panel, int columns,
                          float* products) {
  const std::size_t blocks = static_cast<std::size_t>(length) / kBlockFloats;
  multiply_values_from<V, T>(group, blocks, panel, static_cast<std::size_t>(columns), 0, products);
}

}  // namespace
}  // namespace hotset
