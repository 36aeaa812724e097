// Products of row groups with columns, every type and instruction set, against plain arithmetic in double
// precision on the weights as ggml reads them and the columns as ggml rounds them.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "available_kernels.h"
#include "kernels/kernels.h"
#include "kernels/row_groups.h"

namespace {

using hotset::ColumnBlock;
using hotset::KernelChoice;
using hotset::kGroupRows;
using hotset::Operand;
using hotset::Rounding;
using hotset::test::available_kernels;

std::mt19937 generator(11);

std::vector<float> random_values(std::size_t count) {
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  std::generate(values.begin(), values.end(), [&] { return normal(generator); });
  return values;
}

const std::vector<ggml_type>& grouped_types() {
  static const std::vector<ggml_type> types = [] {
    std::vector<ggml_type> found;
    for (int i = 0; i < GGML_TYPE_COUNT; ++i) {
      if (hotset::can_group(static_cast<ggml_type>(i), 256)) found.push_back(static_cast<ggml_type>(i));
    }
    return found;
  }();
  return types;
}

/// A group of random weights, and what ggml reads them as.
struct Group {
  ggml_type type;
  int rows;
  int length;
  std::vector<ColumnBlock> memory;  ///< for its alignment; kernels may read ahead of the group
  std::vector<float> values;        ///< [rows][length]

  Group(ggml_type t, int r, int n)
      : Group(t, r, n, random_values(static_cast<std::size_t>(r) * static_cast<std::size_t>(n))) {}

  /// source: [r][n], before they are quantised.
  Group(ggml_type t, int r, int n, const std::vector<float>& source)
      : type(t),
        rows(r),
        length(n),
        memory(hotset::group_bytes(t, n) / sizeof(ColumnBlock)),
        values(source.size()) {
    const std::vector<float> importance(static_cast<std::size_t>(n), 1.0F);  // some types ask for one
    std::vector<std::byte> stored(ggml_row_size(type, length) * static_cast<std::size_t>(rows));
    ggml_quantize_chunk(type, source.data(), stored.data(), 0, rows, length, importance.data());
    ggml_get_type_traits(type)->to_float(stored.data(), values.data(), std::int64_t{rows} * length);
    hotset::pack_group(type, stored.data(), rows, length, bytes());
  }

  std::byte* bytes() { return reinterpret_cast<std::byte*>(memory.data()); }
};

/// Columns as ggml rounds them, in the kernels' form and as numbers.
struct Panel {
  std::vector<ColumnBlock> blocks;
  std::vector<float> values;  ///< [columns][length]

  Panel(KernelChoice choice, Rounding rounding, const std::vector<float>& source, int columns, int length)
      : blocks(static_cast<std::size_t>(columns * length / hotset::values_of_block(rounding))) {
    for (int c = 0; c < columns; ++c) {
      const float* column = source.data() + std::ptrdiff_t{c} * length;
      hotset::round_column_kernel(choice, rounding)(column, length, blocks.data() + c,
                                                    static_cast<std::size_t>(columns));
      Operand operand(length);
      hotset::round_kernel(KernelChoice::kScalar, rounding)(column, length, operand);
      values.insert(values.end(), operand.values.begin(), operand.values.end());
    }
  }
};

/// Where element i of row r of a matrix with rows of `width` stands.
std::size_t place(int r, int width, int i) {
  return static_cast<std::size_t>(r) * static_cast<std::size_t>(width) + static_cast<std::size_t>(i);
}

int wrong_products(const Group& group, const Panel& panel, int columns, const std::vector<float>& products) {
  int wrong = 0;
  for (int c = 0; c < columns; ++c) {
    for (int r = 0; r < kGroupRows; ++r) {
      double expected = 0.0;
      double magnitude = 0.0;
      for (int i = 0; i < group.length && r < group.rows; ++i) {
        const double term = static_cast<double>(group.values[place(r, group.length, i)]) *
                            panel.values[place(c, group.length, i)];
        expected += term;
        magnitude += std::abs(term);
      }
      const double actual = products[place(c, kGroupRows, r)];
      if (!(std::abs(actual - expected) <= 1e-5 * magnitude + 1e-6)) ++wrong;
    }
  }
  return wrong;
}

std::vector<float> multiply(KernelChoice choice, Group& group, const Panel& panel, int columns) {
  std::vector<float> products(static_cast<std::size_t>(columns * kGroupRows));
  hotset::group_kernel(choice, group.type)(group.bytes(), group.length, panel.blocks.data(), columns,
                                           products.data());
  return products;
}

/// Values of a rounded column that are not the operand's.
int different_levels(const std::vector<ColumnBlock>& column, const Operand& operand) {
  int different = 0;
  for (std::size_t i = 0; i < operand.levels.size(); ++i) {
    const ColumnBlock& block = column[i / ColumnBlock::kValues];
    const std::int8_t level = block.levels[i % ColumnBlock::kValues];
    if (level != operand.levels[i]) ++different;
    if (static_cast<float>(level) * block.scale != operand.values[i]) ++different;
  }
  return different;
}

/// Blocks of a rounded column whose offsets are not those of their levels.
int wrong_offsets(Rounding rounding, const std::vector<ColumnBlock>& column) {
  return static_cast<int>(std::ranges::count_if(column, [rounding](const ColumnBlock& block) {
    const int offset = -std::accumulate(block.levels.begin(), block.levels.end(), 0);
    const float least_scale = rounding == Rounding::kBlocks8K ? 1.0F : block.scale;
    return block.offset != offset || block.half_offsets[0] + block.half_offsets[1] != offset ||
           block.least_factor != least_scale * static_cast<float>(offset);
  }));
}

}  // namespace

TEST_CASE("row groups: the types that models come in") {
  for (const ggml_type type :
       {GGML_TYPE_Q4_0, GGML_TYPE_Q4_1, GGML_TYPE_Q5_0, GGML_TYPE_Q5_1, GGML_TYPE_Q8_0, GGML_TYPE_Q2_K,
        GGML_TYPE_Q3_K, GGML_TYPE_Q4_K, GGML_TYPE_Q5_K, GGML_TYPE_Q6_K, GGML_TYPE_IQ4_NL, GGML_TYPE_IQ4_XS,
        GGML_TYPE_IQ3_S, GGML_TYPE_IQ3_XXS, GGML_TYPE_MXFP4, GGML_TYPE_F16, GGML_TYPE_BF16}) {
    CHECK(std::count(grouped_types().begin(), grouped_types().end(), type) == 1);
  }
  CHECK_FALSE(hotset::can_group(GGML_TYPE_Q4_0, 96));
  CHECK_FALSE(hotset::can_group(GGML_TYPE_Q4_K, 896));
  CHECK_FALSE(hotset::can_group(GGML_TYPE_F32, 256));
}

TEST_CASE("row groups: products of every type with 1 to 16 columns, by every instruction set") {
  for (const ggml_type type : grouped_types()) {
    const Rounding rounding = hotset::rounding_for(type);
    const int unit = rounding == Rounding::kBlocks8K ? 256 : 64;
    for (const int length : {unit, 3 * unit, 14 * unit}) {
      for (const int rows : {kGroupRows, 5}) {
        Group group(type, rows, length);
        const std::vector<float> source = random_values(place(hotset::kPanelColumns, length, 0));
        for (const KernelChoice choice : available_kernels()) {
          CAPTURE(hotset::kernel_name(choice));
          CAPTURE(std::string(ggml_type_name(type)));
          for (int columns = 1; columns <= hotset::kPanelColumns; ++columns) {
            const Panel panel(choice, rounding, source, columns, length);
            CHECK(wrong_products(group, panel, columns, multiply(choice, group, panel, columns)) == 0);
          }
        }
      }
    }
  }
}

TEST_CASE("row groups: no sum is too small for the highest levels and columns") {
  constexpr int kLength = 512;
  constexpr int kColumns = 3;
  // All but one of sixteen weights have a highest level, in every other row of either sign.
  std::vector<float> source(place(kGroupRows, kLength, 0));
  for (std::size_t i = 0; i < source.size(); ++i) {
    source[i] = (i % 16 == 0) == (i / kLength % 2 == 0) ? 1.0F : -1.0F;
  }
  std::vector<float> columns(place(kColumns, kLength, 0), 1.0F);
  std::fill_n(columns.begin(), kLength, -1.0F);
  for (const ggml_type type : grouped_types()) {
    Group group(type, kGroupRows, kLength, source);
    for (const KernelChoice choice : available_kernels()) {
      CAPTURE(hotset::kernel_name(choice));
      CAPTURE(std::string(ggml_type_name(type)));
      const Panel panel(choice, hotset::rounding_for(type), columns, kColumns, kLength);
      CHECK(wrong_products(group, panel, kColumns, multiply(choice, group, panel, kColumns)) == 0);
    }
  }
}

TEST_CASE("row groups: what a column gives does not depend on the others beside it") {
  for (const ggml_type type : grouped_types()) {
    const Rounding rounding = hotset::rounding_for(type);
    constexpr int kLength = 768;
    Group group(type, kGroupRows, kLength);
    const std::vector<float> source = random_values(place(hotset::kPanelColumns, kLength, 0));
    for (const KernelChoice choice : available_kernels()) {
      CAPTURE(hotset::kernel_name(choice));
      CAPTURE(std::string(ggml_type_name(type)));
      const int most = hotset::kPanelColumns;
      const std::vector<float> all =
          multiply(choice, group, Panel(choice, rounding, source, most, kLength), most);
      for (int columns = 1; columns < most; ++columns) {
        const std::vector<float> some =
            multiply(choice, group, Panel(choice, rounding, source, columns, kLength), columns);
        CHECK(std::equal(some.begin(), some.end(), all.begin()));
      }
    }
  }
}

TEST_CASE("row groups: every kernel rounds columns to the scalar one's bytes, which are ggml's levels") {
  for (const Rounding rounding : {Rounding::kBlocks8, Rounding::kBlocks8K}) {
    constexpr int kLength = 768;
    std::vector<float> x = random_values(kLength);
    std::fill_n(x.begin(), 256, 0.0F);  // a block of zeros has no scale to divide by
    Operand operand(kLength);
    hotset::round_kernel(KernelChoice::kScalar, rounding)(x.data(), kLength, operand);
    for (const KernelChoice choice : available_kernels()) {
      CAPTURE(hotset::kernel_name(choice));
      std::vector<ColumnBlock> column(kLength / ColumnBlock::kValues);
      hotset::round_column_kernel(choice, rounding)(x.data(), kLength, column.data(), 1);
      CHECK(different_levels(column, operand) == 0);
      CHECK(wrong_offsets(rounding, column) == 0);
    }
  }
}

TEST_CASE("row groups: every kernel rounds columns for weights of 16 bits as ggml does, to the bit") {
  for (const Rounding rounding : {Rounding::kHalf, Rounding::kBrain}) {
    constexpr int kLength = 768;
    std::vector<float> x = random_values(kLength);
    x[3] = 1e-6F;  // not normal in F16
    x[4] = -0.0F;
    x[5] = 1.00390625F;  // halfway between two BF16 numbers
    Operand operand(kLength);
    hotset::round_kernel(KernelChoice::kScalar, rounding)(x.data(), kLength, operand);
    for (const KernelChoice choice : available_kernels()) {
      CAPTURE(hotset::kernel_name(choice));
      std::vector<ColumnBlock> column(kLength / hotset::kBlockFloats);
      hotset::round_column_kernel(choice, rounding)(x.data(), kLength, column.data(), 1);
      std::vector<std::uint32_t> rounded(kLength);
      std::vector<std::uint32_t> expected(kLength);
      std::memcpy(rounded.data(), column.data(), kLength * sizeof(float));
      std::memcpy(expected.data(), operand.values.data(), kLength * sizeof(float));
      CHECK(rounded == expected);
    }
  }
}

TEST_CASE("silu: every kernel computes silu(gate) * up, far ends included") {
  constexpr std::size_t kCount = 4096;
  std::vector<float> gate = random_values(kCount);
  for (std::size_t i = 0; i < kCount; ++i) gate[i] *= std::pow(2.0F, static_cast<float>(i % 12) - 4.0F);
  const std::vector<float> up = random_values(kCount);
  for (const KernelChoice choice : available_kernels()) {
    CAPTURE(hotset::kernel_name(choice));
    std::vector<float> products(kCount);
    hotset::silu_kernel(choice)(gate.data(), up.data(), kCount, products.data());
    double largest = 0.0;
    for (std::size_t i = 0; i < kCount; ++i) {
      const double x = gate[i];
      const double expected = x / (1.0 + std::exp(-x)) * up[i];
      largest = std::max(largest, std::abs(products[i] - expected) / (std::abs(expected) + 1e-28));
    }
    CHECK(largest < 1e-6);
  }
}
