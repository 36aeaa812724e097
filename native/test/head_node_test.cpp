// The head in two planes: that both are the rows, that coarse products err by no more than is said, and that
// the highest logit is the one of the whole product, near ties included.
#include "hybrid/products/head_node.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "available_kernels.h"
#include "runtime/backends.h"
#include "runtime/handles.h"
#include "runtime/large_memory.h"
#include "runtime/node_parts.h"

namespace {

using hotset::GroupPart;
using hotset::HeadNode;
using hotset::KernelChoice;
using hotset::kGroupRows;
using hotset::ProductNode;
using hotset::ProductTeam;
using hotset::RowMatrix;

constexpr int kLength = 256;
constexpr int kRows = 1000;  // the last group is no whole one
constexpr std::size_t kBehind = 8192;

std::mt19937 generator(17);

std::vector<float> random_values(std::size_t count) {
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  std::generate(values.begin(), values.end(), [&] { return normal(generator); });
  return values;
}

std::vector<std::byte> quantised(ggml_type type, const std::vector<float>& values) {
  std::vector<std::byte> bytes(ggml_row_size(type, kLength) * kRows);
  ggml_quantize_chunk(type, values.data(), bytes.data(), 0, kRows, kLength, nullptr);
  return bytes;
}

/// Rows of random weights.
std::vector<std::byte> random_rows(ggml_type type) {
  return quantised(type, random_values(std::size_t{kRows} * kLength));
}

/// Every row the same but for some byte, which is of a level: logits that hardly differ.
std::vector<std::byte> nearly_equal_rows(ggml_type type) {
  std::vector<std::byte> bytes = random_rows(type);
  const std::size_t width = ggml_row_size(type, kLength);
  for (std::size_t row = 1; row < kRows; ++row) {
    std::copy_n(bytes.begin(), width, bytes.begin() + static_cast<std::ptrdiff_t>(row * width));
    if (row % 3 != 0) bytes[row * width + 2 + row % 30] ^= std::byte{1};
  }
  return bytes;
}

/// A matrix in both forms.
struct Matrix {
  hotset::LargeMemory whole_memory;
  hotset::LargeMemory coarse_memory;
  hotset::LargeMemory fine_memory;
  RowMatrix whole;
  RowMatrix planes;

  Matrix(ggml_type type, const std::vector<std::byte>& rows, KernelChoice kernel)
      : whole_memory(packed(type, rows, GroupPart::kWhole)),
        coarse_memory(packed(type, rows, GroupPart::kCoarse)),
        fine_memory(packed(type, rows, GroupPart::kFine)),
        whole(type, kRows, kLength, whole_memory.bytes().data(), hotset::group_bytes(type, kLength), kernel),
        planes(type, kRows, kLength, {coarse_memory.bytes().data(), hotset::coarse_bytes(type, kLength)},
               {fine_memory.bytes().data(), hotset::fine_bytes(type, kLength)}, kernel) {}

  static hotset::LargeMemory packed(ggml_type type, const std::vector<std::byte>& rows, GroupPart part) {
    const std::size_t stride = hotset::part_bytes(part, type, kLength);
    constexpr int kGroups = (kRows + kGroupRows - 1) / kGroupRows;
    hotset::LargeMemory memory(stride * kGroups + kBehind);
    hotset::pack_groups(type, rows.data(), kRows, kLength, {.begin = 0, .end = kGroups},
                        memory.bytes().data(), stride, part);
    return memory;
  }
};

std::vector<float> compute(const auto& build, const std::vector<float>& input, int columns, int threads) {
  const hotset::ContextHandle context = hotset::make_context(16);
  ggml_tensor* x = ggml_new_tensor_2d(context.get(), GGML_TYPE_F32, kLength, columns);
  ggml_tensor* logits = build(context.get(), x);
  const hotset::BackendHandle backend(ggml_backend_dev_init(hotset::cpu_backend().device, nullptr));
  hotset::cpu_backend().set_n_threads(backend.get(), threads);
  const hotset::BufferHandle buffer(ggml_backend_alloc_ctx_tensors(context.get(), backend.get()));
  std::copy_n(input.begin(), ggml_nelements(x), static_cast<float*>(x->data));
  const hotset::ContextHandle of_graph(ggml_init({ggml_graph_overhead(), nullptr, true}));
  ggml_cgraph* graph = ggml_new_graph(of_graph.get());
  ggml_build_forward_expand(graph, logits);
  REQUIRE(ggml_backend_graph_compute(backend.get(), graph) == GGML_STATUS_SUCCESS);
  const auto* values = static_cast<const float*>(logits->data);
  return {values, values + ggml_nelements(logits)};
}

std::vector<float> product(const ProductNode& node, const std::vector<float>& input, int columns) {
  return compute([&](auto* context, auto* x) { return node.build(context, x, nullptr); }, input, columns, 1);
}

std::vector<float> choice(const HeadNode& node, const std::vector<float>& input, int columns, int threads) {
  return compute([&](auto* context, auto* x) { return node.build(context, x); }, input, columns, threads);
}

/// Rows whose logit is the highest in a column: all of them, if there are several.
std::vector<int> highest(const std::vector<float>& logits, int column) {
  const auto begin = logits.begin() + std::ptrdiff_t{column} * kRows;
  const float most = *std::max_element(begin, begin + kRows);
  std::vector<int> rows;
  for (int row = 0; row < kRows; ++row) {
    if (begin[row] == most) rows.push_back(row);
  }
  return rows;
}

template <class Check>
void each_type_and_kernel(const Check& check) {
  for (const ggml_type type : {GGML_TYPE_Q8_0, GGML_TYPE_Q6_K}) {
    for (const KernelChoice kernel : hotset::test::available_kernels()) {
      CAPTURE(std::string(ggml_type_name(type)));
      CAPTURE(hotset::kernel_name(kernel));
      check(type, kernel);
    }
  }
}

}  // namespace

TEST_CASE("row planes: both together take no more memory than the rows, but for what they err by") {
  for (const int length : {256, 1536}) {
    for (const ggml_type type : {GGML_TYPE_Q8_0, GGML_TYPE_Q6_K}) {
      CHECK(hotset::coarse_bytes(type, length) + hotset::fine_bytes(type, length) ==
            hotset::group_bytes(type, length) + hotset::kErrorBytes);
    }
  }
  CHECK_FALSE(hotset::can_split(GGML_TYPE_Q6_K, 896));
  CHECK_FALSE(hotset::can_split(GGML_TYPE_Q4_K, 256));
}

TEST_CASE(
    "row planes: products of both are the rows' own to the bit, and coarse ones err no more than said") {
  each_type_and_kernel([](ggml_type type, KernelChoice kernel) {
    const Matrix matrix(type, random_rows(type), kernel);
    ProductTeam team(kernel, 1, kLength);
    const ProductNode node(team, {.matrices = {matrix.whole}});
    const ProductNode planes(team, {.matrices = {matrix.planes}});
    // Some values far above the rest, as in models.
    std::vector<float> input = random_values(std::size_t{17} * kLength);
    for (std::size_t i = 0; i < input.size(); i += 50) input[i] *= 20.0F;
    CHECK(product(planes, input, 17) == product(node, input, 17));

    const hotset::Rounding rounding = matrix.whole.rounding();
    std::vector<hotset::ColumnBlock> column(kLength / hotset::ColumnBlock::kValues);
    double largest = 0.0;
    for (int c = 0; c < 17; ++c) {
      const float* x = input.data() + std::ptrdiff_t{c} * kLength;
      hotset::round_column_kernel(kernel, rounding)(x, kLength, column.data(), 1);
      double length = 0.0;
      for (const auto& block : column) {
        for (const auto level : block.levels) length += std::pow(double{block.scale} * level, 2);
      }
      length = std::sqrt(length);
      for (int group = 0; group < matrix.planes.groups(); ++group) {
        std::vector<float> exact(kGroupRows);
        std::vector<float> coarse(kGroupRows);
        matrix.planes.multiply(group, column.data(), 1, exact.data());
        matrix.planes.multiply_coarse(group, column.data(), 1, coarse.data());
        for (std::size_t r = 0; r < static_cast<std::size_t>(matrix.planes.rows_of(group)); ++r) {
          const double allowed = matrix.planes.errors(group)[r] * length;
          largest = std::max(largest, std::abs(double{exact[r]} - coarse[r]) / allowed);
        }
      }
    }
    CHECK(largest <= 1.0);
    CHECK(largest > 0.1);  // and are no idle numbers
  });
}

TEST_CASE("row planes: what coarse products err by is reached by a column along the fine plane") {
  // A row whose fine plane is known, of Q8_0: levels 15 more than a multiple of 16, half of them less.
  constexpr auto kType = GGML_TYPE_Q8_0;
  std::vector<std::byte> rows(ggml_row_size(kType, kLength) * kRows);
  std::vector<float> x(kLength);
  const ggml_fp16_t one = ggml_fp32_to_fp16(1.0F);
  for (std::size_t i = 0; i < kLength; ++i) {
    std::byte* block = rows.data() + i / 32 * 34;
    std::copy_n(reinterpret_cast<const std::byte*>(&one), 2, block);
    block[2 + i % 32] = static_cast<std::byte>(i % 2 == 0 ? 15 : 0);  // 7.5 more or less than what is coarse
    x[i] = i % 2 == 0 ? 1.0F : -1.0F;
  }
  for (const KernelChoice kernel : hotset::test::available_kernels()) {
    CAPTURE(hotset::kernel_name(kernel));
    const Matrix matrix(kType, rows, kernel);
    std::vector<hotset::ColumnBlock> column(kLength / hotset::ColumnBlock::kValues);
    hotset::round_column_kernel(kernel, matrix.whole.rounding())(x.data(), kLength, column.data(), 1);
    std::vector<float> exact(kGroupRows);
    std::vector<float> coarse(kGroupRows);
    matrix.planes.multiply(0, column.data(), 1, exact.data());
    matrix.planes.multiply_coarse(0, column.data(), 1, coarse.data());
    const float length = 16.0F * 127.0F * column.front().scale;  // sqrt(256) levels of 127
    CHECK(coarse[0] == 0.0F);
    CHECK(exact[0] <= matrix.planes.errors(0)[0] * length);
    CHECK(exact[0] == doctest::Approx(matrix.planes.errors(0)[0] * length).epsilon(1e-3));
  }
}

/// The highest logits are the whole product's, the first of them exactly.
void check_highest(const std::vector<float>& exact, const std::vector<float>& all, int column) {
  const std::vector<int> expected = highest(exact, column);
  CHECK(highest(all, column) == expected);
  const std::size_t place =
      std::size_t{kRows} * static_cast<std::size_t>(column) + static_cast<std::size_t>(expected.front());
  CHECK(all[place] == exact[place]);
}

/// After one column: the fine plane but for the groups that were computed exactly, which are read again as a
/// whole.
void check_bytes_left_out(const HeadNode& head, const Matrix& matrix, ggml_type type) {
  const auto fine = static_cast<double>(hotset::fine_bytes(type, kLength));
  const auto both = fine + static_cast<double>(hotset::coarse_bytes(type, kLength));
  CHECK(head.bytes_left_out() ==
        doctest::Approx(fine * matrix.planes.groups() - both * head.exact_groups(0)));
}

TEST_CASE("the head for choosing: the highest logits are the whole product's, near ties included") {
  each_type_and_kernel([](ggml_type type, KernelChoice kernel) {
    ProductTeam team(kernel, 3, kLength);
    hotset::Team shared(3);
    const std::vector<float> norm(kLength, 1.0F);
    for (const bool has_near_ties : {false, true}) {
      const Matrix matrix(type, has_near_ties ? nearly_equal_rows(type) : random_rows(type), kernel);
      const ProductNode whole(team, {.matrices = {matrix.planes}, .norm = norm.data(), .epsilon = 1e-6F});
      const HeadNode head(whole, matrix.planes, team);
      const std::vector<float> input = random_values(std::size_t{8} * kLength);
      const std::vector<float> exact = product(whole, input, 8);
      const std::vector<float> all = choice(head, input, 8, 1);
      for (int c = 0; c < 8; ++c) check_highest(exact, all, c);
      for (int c = 0; c < 8; ++c) {
        CHECK((head.exact_groups(c) == matrix.planes.groups()) == has_near_ties);
      }
      if (has_near_ties) CHECK(all == exact);
      CHECK(head.bytes_left_out() == 0.0);
      for (int columns = 1; columns <= 8; ++columns) {
        const std::vector<float> some = choice(head, input, columns, columns % 3 + 1);
        CHECK(std::equal(some.begin(), some.end(), all.begin()));
        if (columns == 1) check_bytes_left_out(head, matrix, type);
      }
      const double alone = head.bytes_left_out();
      choice(head, input, 8, 2);
      CHECK(head.bytes_left_out() == alone);
      const hotset::TeamVisit visit(shared);
      CHECK(choice(head, input, 8, 1) == all);
    }
  });
}

TEST_CASE("the head for choosing: where logits lie too close, all of it is computed after a few tokens") {
  each_type_and_kernel([](ggml_type type, KernelChoice kernel) {
    ProductTeam team(kernel, 2, kLength);
    const Matrix matrix(type, nearly_equal_rows(type), kernel);
    const ProductNode whole(team, {.matrices = {matrix.planes}});
    const HeadNode head(whole, matrix.planes, team);
    const std::vector<float> input = random_values(kLength);
    const std::vector<float> exact = product(whole, input, 1);
    CHECK(choice(head, input, 1, 2) == exact);
    CHECK(head.bytes_left_out() < 0.0);
    for (int pass = 1; pass < 8; ++pass) CHECK(choice(head, input, 1, 2) == exact);
    CHECK(head.bytes_left_out() == 0.0);
    CHECK(choice(head, input, 1, 2) == exact);
    CHECK(head.exact_groups(0) == 0);  // none a second time
  });
}

TEST_CASE("the head for choosing: among some tokens the highest logit is exact once it is settled") {
  each_type_and_kernel([](ggml_type type, KernelChoice kernel) {
    ProductTeam team(kernel, 2, kLength);
    const Matrix matrix(type, random_rows(type), kernel);
    const ProductNode whole(team, {.matrices = {matrix.planes}});
    const HeadNode head(whole, matrix.planes, team);
    const std::vector<float> input = random_values(std::size_t{8} * kLength);
    const std::vector<float> exact = product(whole, input, 8);
    std::vector<float> all = choice(head, input, 8, 2);
    std::vector<std::int32_t> tokens(kRows);
    std::iota(tokens.begin(), tokens.end(), 0);
    for (const std::size_t count : {1U, 5U, 200U, 999U}) {
      std::shuffle(tokens.begin(), tokens.end(), generator);
      const std::span some(tokens.data(), count);
      for (int c = 0; c < 8; ++c) {
        float* logits = all.data() + std::ptrdiff_t{c} * kRows;
        head.settle_among(c, some, logits);
        const auto by = [&](const float* of) {
          return *std::ranges::max_element(some, {}, [of](std::int32_t token) { return of[token]; });
        };
        const std::int32_t best = by(logits);
        CHECK(best == by(exact.data() + std::ptrdiff_t{c} * kRows));
        CHECK(logits[best] == exact[static_cast<std::size_t>(c * kRows + best)]);
      }
    }
  });
}

TEST_CASE("the head for choosing: where numbers are none, all logits are the whole product's") {
  const KernelChoice kernel = hotset::resolve(KernelChoice::kAuto);
  ProductTeam team(kernel, 1, kLength);
  const Matrix matrix(GGML_TYPE_Q8_0, random_rows(GGML_TYPE_Q8_0), kernel);
  const ProductNode whole(team, {.matrices = {matrix.planes}});
  const HeadNode head(whole, matrix.planes, team);
  std::vector<float> input = random_values(kLength);
  input[40] = std::nanf("");
  const std::vector<float> exact = product(whole, input, 1);
  const std::vector<float> logits = choice(head, input, 1, 1);
  CHECK(std::ranges::count_if(logits, [](float x) { return std::isnan(x); }) ==
        std::ranges::count_if(exact, [](float x) { return std::isnan(x); }));
}
