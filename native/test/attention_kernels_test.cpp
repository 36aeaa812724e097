// Attention's operators on tiles against plain arithmetic in double precision.
#include "kernels/attention_kernels.h"

#include <doctest/doctest.h>
#include <ggml.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <random>
#include <vector>

#include "available_kernels.h"
#include "kernels/operand.h"
#include "kernels/row_groups.h"

namespace {

using hotset::attention_kernels;
using hotset::AttentionKernels;
using hotset::group_bytes;
using hotset::KernelChoice;
using hotset::kFewQueries;
using hotset::kGroupRows;
using hotset::kTileRows;
using hotset::pack_group;
using hotset::padded_length;
using hotset::SoftmaxState;
using hotset::test::available_kernels;

constexpr std::array kLengths = {1, 7, 16, 64, 80, 100, 128};

/// Where an element of a matrix with so many columns lies.
std::size_t place(int row, int columns, int column = 0) {
  return static_cast<std::size_t>(row) * static_cast<std::size_t>(columns) + static_cast<std::size_t>(column);
}

std::vector<float> random_values(std::size_t count) {
  static std::mt19937 generator(11);
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  std::generate(values.begin(), values.end(), [&] { return normal(generator); });
  return values;
}

/// Rows in F16, each below the one before it in memory; the first ends where the memory does.
struct Rows {
  explicit Rows(int length) : halves(place(kTileRows, length)) {
    const std::vector<float> values = random_values(halves.size());
    ggml_fp32_to_fp16_row(values.data(), halves.data(), static_cast<std::int64_t>(halves.size()));
    for (int r = kTileRows - 1; r >= 0; --r) {
      list.push_back(reinterpret_cast<const std::byte*>(halves.data() + std::ptrdiff_t{r} * length));
    }
  }
  float at(int row, int i) const {
    return ggml_fp16_to_fp32(reinterpret_cast<const ggml_fp16_t*>(
        list[static_cast<std::size_t>(row)])[static_cast<std::size_t>(i)]);
  }

  std::vector<ggml_fp16_t> halves;
  std::vector<const std::byte*> list;
};

using LineAligned = hotset::Operand::Values<std::byte>;

/// The same in Q8_0.
struct RoundedRows {
  explicit RoundedRows(int l)
      : length(l), row_bytes(ggml_row_size(GGML_TYPE_Q8_0, l)), bytes(kTileRows * row_bytes) {
    const std::vector<float> random = random_values(place(kTileRows, length));
    ggml_quantize_chunk(GGML_TYPE_Q8_0, random.data(), bytes.data(), 0, kTileRows, length, nullptr);
    for (int r = kTileRows - 1; r >= 0; --r)
      list.push_back(bytes.data() + static_cast<std::size_t>(r) * row_bytes);
  }

  std::vector<float> values() const {
    std::vector<float> all(place(kTileRows, length));
    for (int r = 0; r < kTileRows; ++r) {
      ggml_get_type_traits(GGML_TYPE_Q8_0)
          ->to_float(list[static_cast<std::size_t>(r)], all.data() + place(r, length), length);
    }
    return all;
  }
  /// The rows of a group, one behind the other.
  std::vector<std::byte> group(int g) const {
    std::vector<std::byte> rows;
    for (int r = g * kGroupRows; r < (g + 1) * kGroupRows; ++r) {
      const std::byte* row = list[static_cast<std::size_t>(r)];
      rows.insert(rows.end(), row, row + row_bytes);
    }
    return rows;
  }

  int length;
  std::size_t row_bytes;
  std::vector<std::byte> bytes;
  std::vector<const std::byte*> list;
};

int wrong_values(const Rows& rows, int length, const std::vector<float>& tile) {
  int wrong = 0;
  const int padded = padded_length(length);
  for (int r = 0; r < kTileRows; ++r) {
    for (int i = 0; i < padded; ++i) {
      const float expected = i < length ? rows.at(r, i) : 0.0F;
      if (tile[place(r, padded, i)] != expected) ++wrong;
    }
  }
  return wrong;
}

int wrong_turned_values(const Rows& rows, int length, const std::vector<float>& tile) {
  int wrong = 0;
  for (int r = 0; r < kTileRows; ++r) {
    for (int i = 0; i < length; ++i) {
      if (tile[place(i, kTileRows, r)] != rows.at(r, i)) ++wrong;
    }
  }
  return wrong;
}

struct Product {
  static constexpr int kMost = 14;
  static constexpr int kInner = 64;

  explicit Product(int c)
      : columns(c),
        left(random_values(place(kMost, kInner))),
        tile(random_values(place(kInner, c))),
        before(random_values(place(kMost, c))) {}

  std::vector<float> by(KernelChoice choice, int count, int inner) const {
    std::vector<float> sums = before;
    attention_kernels(choice).multiply(left.data(), kInner, count, inner, tile.data(), columns, sums.data(),
                                       {});
    return sums;
  }
  bool is_right(const std::vector<float>& sums, int count, int inner) const {
    for (int q = 0; q < kMost; ++q) {
      for (int c = 0; c < columns; ++c) {
        const std::size_t at = place(q, columns, c);
        double expected = before[at];
        for (int i = 0; q < count && i < inner; ++i) {
          expected += static_cast<double>(left[place(q, kInner, i)]) * tile[place(i, columns, c)];
        }
        if (std::abs(sums[at] - expected) > 5e-5) return false;
      }
    }
    return true;
  }

  int columns;
  std::vector<float> left;
  std::vector<float> tile;
  std::vector<float> before;
};

/// How many sums differ between the two ways, over all numbers of queries and some of rows.
int sums_differing(KernelChoice choice, decltype(AttentionKernels::load) load,
                   decltype(AttentionKernels::add_values) add, const std::vector<const std::byte*>& rows,
                   int length) {
  const std::vector<float> scores = random_values(place(kFewQueries, kTileRows));
  const std::vector<float> before = random_values(place(kFewQueries, length));
  std::vector<float> tile(place(kTileRows, length));
  load(rows.data(), length, tile.data(), {});
  int differing = 0;
  for (int count = 1; count <= kFewQueries; ++count) {
    for (const int seen : {1, 37, kTileRows}) {
      std::vector<float> expected = before;
      std::vector<float> sums = before;
      attention_kernels(choice).multiply(scores.data(), kTileRows, count, seen, tile.data(), length,
                                         expected.data(), {});
      add(scores.data(), kTileRows, count, seen, rows.data(), length, sums.data(), {});
      for (std::size_t i = 0; i < sums.size(); ++i) differing += sums[i] == expected[i] ? 0 : 1;
    }
  }
  return differing;
}

struct Softened {
  std::vector<float> scores;
  SoftmaxState state;
  float factor;
};

Softened soften(KernelChoice choice, std::vector<float> scores, int visible, float scale,
                SoftmaxState state) {
  Softened result{.scores = std::move(scores), .state = state, .factor = 0.0F};
  result.factor = attention_kernels(choice).soften(result.scores.data(), visible, scale, result.state);
  return result;
}

bool is_close(double actual, double expected) { return std::abs(actual - expected) <= 4e-7 * expected; }

}  // namespace

TEST_CASE("attention's tiles: rows are converted as they stand and turned, lengths with tails") {
  for (const KernelChoice choice : available_kernels()) {
    CAPTURE(hotset::kernel_name(choice));
    for (const int length : kLengths) {
      CAPTURE(length);
      const Rows rows(length);
      std::vector<float> tile(place(kTileRows, padded_length(length)), 9.0F);
      attention_kernels(choice).load(rows.list.data(), length, tile.data(), {});
      CHECK(wrong_values(rows, length, tile) == 0);
      attention_kernels(choice).load_turned(rows.list.data(), length, tile.data(), {});
      CHECK(wrong_turned_values(rows, length, tile) == 0);
    }
  }
}

TEST_CASE("attention's values: added straight from the cache's rows as by way of a tile, to the bit") {
  for (const KernelChoice choice : available_kernels()) {
    CAPTURE(hotset::kernel_name(choice));
    const AttentionKernels& kernels = attention_kernels(choice);
    CHECK((kernels.add_values == nullptr) == (kernels.add_rounded_values == nullptr));
    if (kernels.add_values == nullptr) continue;
    for (const int length : {64, 96, 128}) {
      CAPTURE(length);
      const Rows singles(length);
      CHECK(sums_differing(choice, kernels.load, kernels.add_values, singles.list, length) == 0);
      const RoundedRows rounded(length);
      CHECK(sums_differing(choice, kernels.load_rounded, kernels.add_rounded_values, rounded.list, length) ==
            0);
    }
  }
}

TEST_CASE("attention's tiles: rows in Q8_0 are widened as ggml does, and grouped as weights are") {
  for (const int length : {64, 128, 256}) {
    CAPTURE(length);
    const RoundedRows rows(length);
    const std::size_t group_size = group_bytes(GGML_TYPE_Q8_0, length);
    for (const KernelChoice choice : available_kernels()) {
      CAPTURE(hotset::kernel_name(choice));
      std::vector<float> tile(place(kTileRows, length));
      attention_kernels(choice).load_rounded(rows.list.data(), length, tile.data(), {});
      CHECK(tile == rows.values());

      LineAligned groups(place(kTileRows / kGroupRows, static_cast<int>(group_size)));
      attention_kernels(choice).group_rounded(rows.list.data(), length, groups.data(), {});
      LineAligned group(group_size);
      for (int g = 0; g < kTileRows / kGroupRows; ++g) {
        pack_group(GGML_TYPE_Q8_0, rows.group(g).data(), kGroupRows, length, group.data());
        CHECK(std::equal(group.begin(), group.end(),
                         groups.begin() + static_cast<std::ptrdiff_t>(group_size) * g));
      }
    }
  }
}

TEST_CASE("attention's tiles: products, and the same sums whatever the number of queries") {
  for (const KernelChoice choice : available_kernels()) {
    CAPTURE(hotset::kernel_name(choice));
    for (const int columns : {16, 48, 64, 80, 128}) {
      const Product product(columns);
      const std::vector<float> all = product.by(choice, Product::kMost, Product::kInner);
      for (const int count : {1, 2, 3, 6, 7, 13, 14}) {
        for (const int inner : {1, 33, Product::kInner}) {
          CHECK(product.is_right(product.by(choice, count, inner), count, inner));
        }
        const std::vector<float> some = product.by(choice, count, Product::kInner);
        CHECK(std::equal(some.begin(), some.begin() + std::ptrdiff_t{count} * columns, all.begin()));
      }
    }
  }
}

TEST_CASE("attention's softmax: exponentials within two units of the last place, whatever was seen before") {
  constexpr float kScale = 0.125F;
  const double smallest = std::exp(static_cast<double>(hotset::kLeastExponent));
  for (const KernelChoice choice : available_kernels()) {
    CAPTURE(hotset::kernel_name(choice));
    for (const int visible : {1, 5, 16, 63, kTileRows}) {
      for (const SoftmaxState& before : {SoftmaxState{}, SoftmaxState{.largest = -3.0F, .sum = 2.0F},
                                         SoftmaxState{.largest = 900.0F, .sum = 2.0F}}) {
        std::vector<float> scores = random_values(static_cast<std::size_t>(kTileRows));
        for (float& score : scores) score *= 100.0F;
        const Softened found = soften(choice, scores, visible, kScale, before);

        const float largest =
            std::max(before.largest, *std::max_element(scores.begin(), scores.begin() + visible));
        // Differences are rounded once, which moves the power by as many times as they are large.
        const double factor = std::exp(static_cast<double>((before.largest - largest) * kScale));
        double sum = before.sum * factor;
        CHECK(found.state.largest == largest);
        CHECK(is_close(found.factor, factor < smallest ? 0.0 : factor));
        for (int r = 0; r < kTileRows; ++r) {
          const auto at = static_cast<std::size_t>(r);
          const double power =
              r < visible ? std::exp(static_cast<double>((scores[at] - largest) * kScale)) : 0.0;
          CHECK(is_close(found.scores[at], power < smallest ? 0.0 : power));
          sum += power;
        }
        CHECK(found.state.sum == doctest::Approx(sum).epsilon(1e-6));
      }
    }
  }
}

TEST_CASE("attention's softmax: what is too small for F32 is zero") {
  for (const KernelChoice choice : available_kernels()) {
    std::vector<float> scores(static_cast<std::size_t>(kTileRows), -1e6F);
    scores[3] = 0.0F;
    const Softened found = soften(choice, scores, kTileRows, 1.0F, {});
    CHECK(found.scores[3] == 1.0F);
    CHECK(found.state.sum == 1.0F);
    CHECK(std::count(found.scores.begin(), found.scores.end(), 0.0F) == kTileRows - 1);
  }
}
