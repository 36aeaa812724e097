// Nodes of packed products in a graph: any number of columns and threads, with what stands around them,
// against plain arithmetic in double precision; and what one column gives against many.
#include "hybrid/products/product_node.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "available_kernels.h"
#include "runtime/backends.h"
#include "runtime/handles.h"
#include "runtime/large_memory.h"
#include "runtime/node_parts.h"

namespace {

using hotset::Activation;
using hotset::KernelChoice;
using hotset::ProductNode;
using hotset::ProductTeam;
using hotset::RowMatrix;

constexpr int kLength = 256;
constexpr float kEpsilon = 1e-5F;
constexpr float kScale = 0.7F;

std::mt19937 generator(5);

std::vector<float> random_values(std::size_t count) {
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  std::generate(values.begin(), values.end(), [&] { return normal(generator); });
  return values;
}

/// A matrix of random weights in both forms.
struct Matrix {
  int rows;
  std::vector<float> values;  ///< as ggml reads them, [rows][kLength]
  hotset::LargeMemory memory;
  RowMatrix packed;

  Matrix(ggml_type type, int r, KernelChoice kernel)
      : rows(r),
        values(static_cast<std::size_t>(r) * kLength),
        memory(hotset::group_bytes(type, kLength) * static_cast<std::size_t>((r + 15) / 16)),
        packed(type, r, kLength, memory.bytes().data(), hotset::group_bytes(type, kLength), kernel) {
    const std::vector<float> source = random_values(values.size());
    std::vector<std::byte> stored(ggml_row_size(type, kLength) * static_cast<std::size_t>(rows));
    ggml_quantize_chunk(type, source.data(), stored.data(), 0, rows, kLength, nullptr);
    ggml_get_type_traits(type)->to_float(stored.data(), values.data(), std::int64_t{rows} * kLength);
    hotset::pack_groups(type, stored.data(), rows, kLength, {.begin = 0, .end = packed.groups()},
                        memory.bytes().data(), hotset::group_bytes(type, kLength));
  }
};

/// The node's result for `columns` columns, by ggml's CPU backend.
std::vector<float> compute(const ProductNode& node, const std::vector<float>& input, int columns,
                           const std::vector<float>* residual, int threads) {
  const hotset::ContextHandle context = hotset::make_context(16);
  ggml_tensor* x = ggml_new_tensor_2d(context.get(), GGML_TYPE_F32, kLength, columns);
  const std::int64_t rows = residual == nullptr ? 0 : static_cast<std::int64_t>(residual->size()) / columns;
  ggml_tensor* r =
      residual == nullptr ? nullptr : ggml_new_tensor_2d(context.get(), GGML_TYPE_F32, rows, columns);
  ggml_tensor* product = node.build(context.get(), x, r);
  const hotset::BackendHandle backend(ggml_backend_dev_init(hotset::cpu_backend().device, nullptr));
  hotset::cpu_backend().set_n_threads(backend.get(), threads);
  const hotset::BufferHandle buffer(ggml_backend_alloc_ctx_tensors(context.get(), backend.get()));
  std::copy_n(input.begin(), ggml_nelements(x), static_cast<float*>(x->data));
  if (r != nullptr) std::copy(residual->begin(), residual->end(), static_cast<float*>(r->data));
  const hotset::ContextHandle of_graph(ggml_init({ggml_graph_overhead(), nullptr, true}));
  ggml_cgraph* graph = ggml_new_graph(of_graph.get());
  ggml_build_forward_expand(graph, product);
  REQUIRE(ggml_backend_graph_compute(backend.get(), graph) == GGML_STATUS_SUCCESS);
  const auto* values = static_cast<const float*>(product->data);
  return {values, values + ggml_nelements(product)};
}

std::vector<float> normed(const float* x, const std::vector<float>& weights) {
  double sum = 0.0;
  for (int i = 0; i < kLength; ++i) sum += static_cast<double>(x[i]) * x[i];
  const double scale = 1.0 / std::sqrt(sum / kLength + kEpsilon);
  std::vector<float> result(kLength);
  for (std::size_t i = 0; i < kLength; ++i) result[i] = static_cast<float>(x[i] * scale * weights[i]);
  return result;
}

double product_of(const Matrix& matrix, int row, const std::vector<float>& column) {
  double sum = 0.0;
  for (std::size_t i = 0; i < kLength; ++i) {
    sum += static_cast<double>(matrix.values[static_cast<std::size_t>(row) * kLength + i]) * column[i];
  }
  return sum;
}

double gelu(double x) {
  return 0.5 * x * (1.0 + std::tanh(std::sqrt(2.0 / M_PI) * (x + 0.044715 * x * x * x)));
}

/// What a gate makes of its neuron.
double weight_of(Activation activation, double gate) {
  if (activation == Activation::kSilu) return gate / (1.0 + std::exp(-gate));
  return activation == Activation::kGelu ? gelu(gate) : std::max(gate, 0.0);
}

/// Rounding a column to 8 bits errs by a 254th of its largest value at most; sums of 256 such errors are
/// about as large as a few products.
constexpr double kRounding = 1.0;

double largest_difference(const std::vector<float>& actual, const std::vector<double>& expected) {
  REQUIRE(actual.size() == expected.size());
  double largest = 0.0;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    largest = std::max(largest, std::abs(actual[i] - expected[i]));
  }
  return largest;
}

}  // namespace

TEST_CASE(
    "product nodes: joined matrices with norm, bias, scale and residual, any number of columns and threads") {
  for (const KernelChoice kernel : hotset::test::available_kernels()) {
    const Matrix first(GGML_TYPE_Q5_0, 200, kernel);
    const Matrix second(GGML_TYPE_Q8_0, 40, kernel);
    ProductTeam team(kernel, 3, kLength);
    hotset::Team shared(3);
    const std::vector<float> weights = random_values(kLength);
    const std::vector<float> bias = random_values(240);
    const ProductNode node(team, {.matrices = {first.packed, second.packed},
                                  .norm = weights.data(),
                                  .epsilon = kEpsilon,
                                  .bias = bias,
                                  .scale = kScale});
    const std::vector<float> input = random_values(std::size_t{64} * kLength);
    const std::vector<float> single = compute(node, input, 1, nullptr, 1);
    for (const int columns : {1, 2, 3, 4, 5, 6, 7, 8, 9, 17, 64}) {
      const std::vector<float> residual = random_values(std::size_t{240} * static_cast<std::size_t>(columns));
      std::vector<double> expected;
      for (int c = 0; c < columns; ++c) {
        const std::vector<float> column = normed(input.data() + std::ptrdiff_t{c} * kLength, weights);
        for (int row = 0; row < 240; ++row) {
          const double product =
              row < 200 ? product_of(first, row, column) : product_of(second, row - 200, column);
          expected.push_back((product + bias[static_cast<std::size_t>(row)]) * kScale +
                             residual[expected.size()]);
        }
      }
      const std::vector<float> actual = compute(node, input, columns, &residual, 1);
      CHECK(largest_difference(actual, expected) < kRounding);
      for (const int threads : {2, 3}) CHECK(compute(node, input, columns, &residual, threads) == actual);
      const hotset::TeamVisit visit(shared);
      CHECK(compute(node, input, columns, &residual, 1) == actual);
      const std::vector<float> plain = compute(node, input, columns, nullptr, 2);
      CHECK(std::equal(single.begin(), single.end(), plain.begin()));
    }
  }
}

TEST_CASE("product nodes: gate and up become activations") {
  for (const KernelChoice kernel : hotset::test::available_kernels()) {
    const Matrix gate(GGML_TYPE_Q8_0, 100, kernel);
    const Matrix up(GGML_TYPE_Q8_0, 100, kernel);
    ProductTeam team(kernel, 2, kLength);
    const std::vector<float> input = random_values(std::size_t{17} * kLength);
    for (const Activation activation :
         {Activation::kSilu, Activation::kRelu, Activation::kDrelu, Activation::kGelu}) {
      const ProductNode node(team, {.matrices = {gate.packed, up.packed}, .activation = activation});
      const std::vector<float> actual = compute(node, input, 17, nullptr, 2);
      double largest = 0.0;
      for (int c = 0; c < 17; ++c) {
        const auto* begin = input.data() + std::ptrdiff_t{c} * kLength;
        const std::vector<float> column(begin, begin + kLength);
        for (int row = 0; row < 100; ++row) {
          const double g = product_of(gate, row, column);
          const double u = product_of(up, row, column);
          const double of_gate = weight_of(activation, g);
          const double expected = of_gate * (activation == Activation::kDrelu ? std::max(u, 0.0) : u);
          const double size = std::max(1.0, std::max(std::abs(of_gate), std::abs(u)));
          largest = std::max(
              largest,
              std::abs(actual[static_cast<std::size_t>(c) * 100 + static_cast<std::size_t>(row)] - expected) /
                  size);
        }
      }
      CHECK(largest < 2 * kRounding);
    }
  }
}

TEST_CASE("product nodes: a layer norm in front, GELU behind a matrix with its bias") {
  for (const KernelChoice kernel : hotset::test::available_kernels()) {
    const Matrix matrix(GGML_TYPE_Q8_0, 100, kernel);
    ProductTeam team(kernel, 2, kLength);
    const std::vector<float> weights = random_values(kLength);
    const std::vector<float> norm_bias = random_values(kLength);
    const std::vector<float> bias = random_values(100);
    const ProductNode node(team, {.matrices = {matrix.packed},
                                  .norm = weights.data(),
                                  .norm_bias = norm_bias.data(),
                                  .epsilon = kEpsilon,
                                  .norm_kind = hotset::Norm::kLayer,
                                  .bias = bias,
                                  .activation = Activation::kGelu});
    std::vector<float> input = random_values(std::size_t{17} * kLength);
    for (float& value : input) value += 10.0F;  // what the norm has to take away
    std::vector<double> expected;
    for (int c = 0; c < 17; ++c) {
      const float* x = input.data() + std::ptrdiff_t{c} * kLength;
      double mean = 0.0;
      for (int i = 0; i < kLength; ++i) mean += static_cast<double>(x[i]) / kLength;
      std::vector<float> centred(kLength);
      for (std::size_t i = 0; i < kLength; ++i) centred[i] = static_cast<float>(x[i] - mean);
      std::vector<float> column = normed(centred.data(), weights);
      for (std::size_t i = 0; i < kLength; ++i) column[i] += norm_bias[i];
      for (int row = 0; row < 100; ++row) {
        expected.push_back(gelu(product_of(matrix, row, column) + bias[static_cast<std::size_t>(row)]));
      }
    }
    const std::vector<float> actual = compute(node, input, 17, nullptr, 2);
    CHECK(largest_difference(actual, expected) < kRounding);
    const std::vector<float> single = compute(node, input, 1, nullptr, 1);
    CHECK(std::equal(single.begin(), single.end(), actual.begin()));
  }
}
