// Every kernel against plain arithmetic in double precision on the weights as ggml reads them.
#include "kernels/kernels.h"

#include <dlfcn.h>
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "available_kernels.h"
#include "error.h"

namespace {

using hotset::KernelChoice;
using hotset::Operand;
using hotset::Rounding;
using hotset::test::available_kernels;
using hotset::test::kKernels;

std::mt19937 generator(7);

std::vector<float> random_values(int count) {
  std::normal_distribution<float> normal;
  std::vector<float> values(static_cast<std::size_t>(count));
  std::generate(values.begin(), values.end(), [&] { return normal(generator); });
  return values;
}

/// Packed rows of random weights, each below the one before it in memory; the first ends where the memory
/// does.
struct Matrix {
  ggml_type type;
  int rows;
  int length;
  std::size_t stride;
  std::vector<std::byte> bytes;
  std::vector<float> values;  ///< as ggml reads them back, row-major

  Matrix(ggml_type t, int r, int n) : type(t), rows(r), length(n), stride(hotset::packed_row_bytes(t, n)) {
    bytes.resize(stride * static_cast<std::size_t>(rows));
    values.resize(static_cast<std::size_t>(rows) * static_cast<std::size_t>(length));
    const std::vector<float> importance(static_cast<std::size_t>(length), 1.0F);  // some types ask for one
    for (int row = 0; row < rows; ++row) {
      const std::vector<float> source = random_values(length);
      std::vector<std::byte> unpacked(ggml_row_size(type, length));
      ggml_quantize_chunk(type, source.data(), unpacked.data(), 0, 1, length, importance.data());
      hotset::pack_row(type, unpacked.data(), length, row_at(row));
      float* target = values.data() + std::ptrdiff_t{row} * length;
      if (type == GGML_TYPE_F32) {
        std::copy(source.begin(), source.end(), target);
      } else {
        ggml_get_type_traits(type)->to_float(unpacked.data(), target, length);
      }
    }
  }

  std::vector<const std::byte*> list(int count) {
    std::vector<const std::byte*> found;
    found.reserve(static_cast<std::size_t>(count));
    for (int row = 0; row < count; ++row) found.push_back(row_at(row));
    return found;
  }
  std::byte* row_at(int row) { return bytes.data() + stride * static_cast<std::size_t>(rows - 1 - row); }
  const float* values_of(int row) const { return values.data() + std::ptrdiff_t{row} * length; }
};

struct Expected {
  double value = 0.0;
  double magnitude = 0.0;  ///< sum of the terms' sizes, what rounding errors grow with
};

// Sums of n F32 terms in any order err by at most n units of 6e-8 of the terms' magnitudes; in practice by
// far less.
bool is_close(double actual, const Expected& expected) {
  return std::abs(actual - expected.value) <= 1e-5 * expected.magnitude + 1e-6;
}

std::vector<ggml_type> all_types() {
  std::vector<ggml_type> types;
  for (int i = 0; i < GGML_TYPE_COUNT; ++i) {
    const auto type = static_cast<ggml_type>(i);
    if (hotset::dot_kernel(KernelChoice::kScalar, type) != nullptr) types.push_back(type);
  }
  return types;
}

std::vector<int> lengths_for(ggml_type type) {
  const auto block = static_cast<int>(ggml_blck_size(type));
  if (block > 1) return {block, 3 * block, 8 * block, 21 * block};
  return {1, 7, 8, 15, 16, 31, 33, 64, 100, 192, 257, 1024};
}

TEST_CASE("every type that models store weights in has kernels") {
  CHECK(all_types().size() >= 25);
  for (const ggml_type type : all_types()) {
    CHECK(static_cast<bool>(hotset::add_kernel(KernelChoice::kScalar, type)));
    CHECK(ggml_get_type_traits(type)->blck_size <= 256);
  }
}

/// How many of `products` are not the rows' products with the operand.
int wrong_products(const Matrix& matrix, const Operand& operand, const std::vector<float>& products) {
  int wrong = 0;
  for (int row = 0; row < static_cast<int>(products.size()); ++row) {
    Expected expected;
    for (int i = 0; i < matrix.length; ++i) {
      const double term =
          static_cast<double>(matrix.values_of(row)[i]) * operand.values[static_cast<std::size_t>(i)];
      expected.value += term;
      expected.magnitude += std::abs(term);
    }
    if (!is_close(products[static_cast<std::size_t>(row)], expected)) ++wrong;
  }
  return wrong;
}

TEST_CASE("dot kernels: all types, lengths with tails, any number of rows") {
  for (const ggml_type type : all_types()) {
    for (const int length : lengths_for(type)) {
      Matrix matrix(type, 16, length);
      const std::vector<float> input = random_values(length);
      for (const KernelChoice choice : available_kernels()) {
        CAPTURE(hotset::kernel_name(choice));
        CAPTURE(std::string(ggml_type_name(type)));
        Operand operand(length);
        hotset::round_kernel(choice, hotset::rounding_for(type))(input.data(), length, operand);
        for (const int rows : {1, 2, 4, 7, 16}) {
          std::vector<float> products(static_cast<std::size_t>(rows));
          hotset::dot_kernel(choice, type)(matrix.list(rows).data(), rows, operand, length, products.data());
          CHECK(wrong_products(matrix, operand, products) == 0);
        }
      }
    }
  }
}

/// How many of `sum` are not `before` plus, in the range, the rows times their factors.
int wrong_sums(const Matrix& matrix, const std::vector<float>& factors, int begin, int end,
               const std::vector<float>& before, const std::vector<float>& sum) {
  int wrong = 0;
  for (int j = 0; j < matrix.length; ++j) {
    const auto at = static_cast<std::size_t>(j);
    const bool inside = j >= begin && j < end;
    Expected expected{.value = before[at], .magnitude = std::abs(before[at])};
    for (int row = 0; row < static_cast<int>(factors.size()) && inside; ++row) {
      const double term =
          static_cast<double>(factors[static_cast<std::size_t>(row)]) * matrix.values_of(row)[j];
      expected.value += term;
      expected.magnitude += std::abs(term);
    }
    if (inside ? !is_close(sum[at], expected) : sum[at] != before[at]) ++wrong;
  }
  return wrong;
}

TEST_CASE("add kernels: all types, any number of rows, none too, and nothing outside the range is touched") {
  for (const ggml_type type : all_types()) {
    const auto block = static_cast<int>(ggml_blck_size(type));
    for (const int length : lengths_for(type)) {
      Matrix matrix(type, 37, length);
      const int begin = length / block / 3 * block;
      const int end = length - length / block / 4 * block;
      for (const KernelChoice choice : available_kernels()) {
        CAPTURE(hotset::kernel_name(choice));
        CAPTURE(std::string(ggml_type_name(type)));
        for (const int count : {0, 1, 3, 4, 16, 37}) {
          const std::vector<const std::byte*> rows = matrix.list(count);
          const std::vector<float> factors = random_values(count);
          const std::vector<float> before = random_values(length);
          std::vector<float> sum = before;
          hotset::add_kernel(choice, type)(rows.data(), factors.data(), count, length, begin, end,
                                           sum.data());
          CHECK(wrong_sums(matrix, factors, begin, end, before, sum) == 0);
        }
      }
    }
  }
}

TEST_CASE("a packed row holds ggml's values bit for bit, in as many bytes") {
  for (const ggml_type type : all_types()) {
    CAPTURE(std::string(ggml_type_name(type)));
    for (const int length : lengths_for(type)) {
      CHECK(hotset::packed_row_bytes(type, length) == ggml_row_size(type, length));
      Matrix matrix(type, 1, length);
      const float one = 1.0F;
      std::vector<float> values(static_cast<std::size_t>(length));
      hotset::add_kernel(KernelChoice::kScalar, type)(matrix.list(1).data(), &one, 1, length, 0, length,
                                                      values.data());
      CHECK(values == matrix.values);
    }
  }
}

TEST_CASE("every kernel rounds an input to the same values as the scalar one") {
  for (const KernelChoice choice : available_kernels()) {
    for (const Rounding rounding :
         {Rounding::kNone, Rounding::kHalf, Rounding::kBrain, Rounding::kBlocks8, Rounding::kBlocks8K}) {
      const int block = hotset::block_length(rounding);
      for (const int blocks : {1, 5, 37}) {
        const int length = block * blocks;
        std::vector<float> x = random_values(length);
        std::fill_n(x.begin(), block, 0.0F);  // a block of zeros has no scale to divide by
        Operand actual(length);
        Operand expected(length);
        hotset::round_kernel(choice, rounding)(x.data(), length, actual);
        hotset::round_kernel(KernelChoice::kScalar, rounding)(x.data(), length, expected);
        CHECK(actual.values == expected.values);
        CHECK(actual.levels == expected.levels);
        CHECK(actual.turned == expected.turned);
        CHECK(actual.offsets == expected.offsets);
        CHECK(actual.scales == expected.scales);
        CHECK(actual.sums == expected.sums);
      }
    }
  }
}

std::vector<float> values_of(const Operand& operand) {
  return {operand.values.begin(), operand.values.end()};
}

/// As ggml stores Q8_K.
struct Q8KBlock {
  float scale;
  std::array<std::int8_t, 256> levels;
  std::array<std::int16_t, 16> sums;
};

/// ggml's own function, which it exports and declares in no public header.
using RoundToQ8K = void (*)(const float* x, void* blocks, std::int64_t length);

TEST_CASE("rounding is the one of ggml's own types") {
  constexpr int kLength = 512;
  const std::vector<float> x = random_values(kLength);
  const auto round_trip = [&](ggml_type type) {
    std::vector<std::byte> bytes(ggml_row_size(type, kLength));
    ggml_quantize_chunk(type, x.data(), bytes.data(), 0, 1, kLength, nullptr);
    std::vector<float> values(static_cast<std::size_t>(kLength));
    ggml_get_type_traits(type)->to_float(bytes.data(), values.data(), kLength);
    return values;
  };
  Operand operand(kLength);
  hotset::round_kernel(KernelChoice::kScalar, Rounding::kHalf)(x.data(), kLength, operand);
  CHECK(values_of(operand) == round_trip(GGML_TYPE_F16));
  hotset::round_kernel(KernelChoice::kScalar, Rounding::kBrain)(x.data(), kLength, operand);
  CHECK(values_of(operand) == round_trip(GGML_TYPE_BF16));
  hotset::round_kernel(KernelChoice::kScalar, Rounding::kBlocks8)(x.data(), kLength, operand);
  CHECK(values_of(operand) == round_trip(GGML_TYPE_Q8_0));
  hotset::round_kernel(KernelChoice::kScalar, Rounding::kBlocks8K)(x.data(), kLength, operand);
  std::vector<Q8KBlock> blocks(kLength / 256);
  const auto round_to_q8_k = reinterpret_cast<RoundToQ8K>(::dlsym(RTLD_DEFAULT, "quantize_row_q8_K_ref"));
  REQUIRE(static_cast<bool>(round_to_q8_k));
  round_to_q8_k(x.data(), blocks.data(), kLength);
  for (std::size_t i = 0; i < kLength; ++i) {
    CHECK(operand.levels[i] == blocks[i / 256].levels[i % 256]);
    CHECK(operand.sums[i / 16] == blocks[i / 256].sums[i % 256 / 16]);
    CHECK(operand.scales[i / 256] == blocks[i / 256].scale);
  }
}

TEST_CASE("the choice of kernels names what it takes and refuses what is not there") {
  const KernelChoice best = hotset::resolve(KernelChoice::kAuto);
  CHECK(best == available_kernels().back());
  for (const KernelChoice choice : kKernels) {
    if (hotset::is_available(choice)) {
      CHECK(hotset::resolve(choice) == choice);
    } else {
      CHECK_THROWS_AS(hotset::resolve(choice), hotset::Error);
    }
  }
}

}  // namespace
