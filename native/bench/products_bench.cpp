// How long products with packed rows take beside ggml's own, of each type of weights that has them, with one
// column and with eight: both over the same random weights, more than a cache holds, in turns.
//
//     hotset_products_bench THREADS [TYPE...]
//
// TYPE: as ggml names it, such as q4_K.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "hybrid/products/product_node.h"
#include "runtime/backends.h"
#include "runtime/buffer_types.h"
#include "runtime/handles.h"
#include "runtime/large_memory.h"

namespace {

using hotset::KernelChoice;

constexpr int kLength = 2048;
constexpr int kSampleRows = 64;  ///< quantised once and repeated: some types take long
constexpr std::size_t kWeightBytes = std::size_t{128} << 20U;
constexpr int kRounds = 9;

/// Rows as ggml stores them. A whole number of samples.
struct Weights {
  ggml_type type;
  int rows;
  std::vector<std::byte> bytes;

  explicit Weights(ggml_type t) : type(t) {
    std::mt19937 generator(1);
    std::normal_distribution<float> normal(0.0F, 0.02F);
    std::vector<float> values(std::size_t{kSampleRows} * kLength);
    std::generate(values.begin(), values.end(), [&] { return normal(generator); });
    const std::vector<float> importance(kLength, 1.0F);  // some types ask for one
    std::vector<std::byte> sample(ggml_row_size(type, kLength) * kSampleRows);
    ggml_quantize_chunk(type, values.data(), sample.data(), 0, kSampleRows, kLength, importance.data());
    rows = static_cast<int>(kWeightBytes / sample.size()) * kSampleRows;
    while (bytes.size() < sample.size() * static_cast<std::size_t>(rows / kSampleRows)) {
      bytes.insert(bytes.end(), sample.begin(), sample.end());
    }
  }
};

/// A graph of one product whose input is set.
struct Product {
  hotset::ContextHandle context = hotset::make_context(16);
  hotset::ContextHandle of_graph{ggml_init({ggml_graph_overhead(), nullptr, true})};
  ggml_cgraph* graph = ggml_new_graph(of_graph.get());
  hotset::BufferHandle buffer;

  ggml_tensor* input(int columns) const {
    return ggml_new_tensor_2d(context.get(), GGML_TYPE_F32, kLength, columns);
  }

  void finish(ggml_backend_t backend, ggml_tensor* x, ggml_tensor* product) {
    buffer.reset(ggml_backend_alloc_ctx_tensors(context.get(), backend));
    auto* values = static_cast<float*>(x->data);
    for (std::int64_t i = 0; i < ggml_nelements(x); ++i) values[i] = static_cast<float>(i % 17 - 8);
    ggml_build_forward_expand(graph, product);
  }

  double milliseconds(ggml_backend_t backend) const {
    const auto start = std::chrono::steady_clock::now();
    ggml_backend_graph_compute(backend, graph);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    return took.count();
  }
};

/// The matrix in the buffer that suits ggml's products best.
struct GgmlMatrix {
  hotset::ContextHandle context = hotset::make_context(1);
  hotset::BufferHandle buffer;
  ggml_tensor* tensor;

  explicit GgmlMatrix(const Weights& weights)
      : tensor(ggml_new_tensor_2d(context.get(), weights.type, kLength, weights.rows)) {
    auto* fastest = hotset::fastest_for_products(weights.type, kLength, weights.rows);
    if (fastest == nullptr) fastest = hotset::plain_buffer_type();
    buffer.reset(ggml_backend_alloc_ctx_tensors_from_buft(context.get(), fastest));
    ggml_backend_tensor_set(tensor, weights.bytes.data(), 0, weights.bytes.size());
  }
};

struct PackedMatrix {
  hotset::LargeMemory memory;
  hotset::RowMatrix matrix;

  explicit PackedMatrix(const Weights& weights)
      : memory(hotset::group_bytes(weights.type, kLength) *
                   static_cast<std::size_t>(weights.rows / hotset::kGroupRows) +
               8192),
        matrix(weights.type, weights.rows, kLength, memory.bytes().data(),
               hotset::group_bytes(weights.type, kLength), hotset::resolve(KernelChoice::kAuto)) {
    hotset::pack_groups(weights.type, weights.bytes.data(), weights.rows, kLength,
                        {.begin = 0, .end = matrix.groups()}, memory.bytes().data(),
                        hotset::group_bytes(weights.type, kLength));
  }
};

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

void compare(ggml_backend_t backend, int threads, ggml_type type) {
  const Weights weights(type);
  const GgmlMatrix ggml_matrix(weights);
  const PackedMatrix packed(weights);
  hotset::ProductTeam team(hotset::resolve(KernelChoice::kAuto), threads, kLength);
  const hotset::ProductNode node(team, {.matrices = {packed.matrix}});
  std::printf("%-8s", ggml_type_name(type));
  for (const int columns : {1, 8}) {
    Product ours;
    ggml_tensor* x = ours.input(columns);
    ours.finish(backend, x, node.build(ours.context.get(), x, nullptr));
    Product theirs;
    x = theirs.input(columns);
    theirs.finish(backend, x, ggml_mul_mat(theirs.context.get(), ggml_matrix.tensor, x));
    std::vector<double> our_times;
    std::vector<double> their_times;
    for (int round = 0; round <= kRounds; ++round) {
      const double our_time = ours.milliseconds(backend);
      const double their_time = theirs.milliseconds(backend);
      if (round == 0) continue;  // warms up
      our_times.push_back(our_time);
      their_times.push_back(their_time);
    }
    std::printf("  %d: %6.2f ms, ggml %6.2f ms, %5.2f x", columns, median(our_times), median(their_times),
                median(their_times) / median(our_times));
  }
  std::printf("\n");
}

bool is_wanted(const std::vector<std::string>& names, ggml_type type) {
  return hotset::can_group(type, kLength) &&
         (names.empty() || std::ranges::find(names, ggml_type_name(type)) != names.end());
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const int threads = arguments.empty() ? 0 : std::stoi(arguments[0]);
  if (threads < 1) {
    std::fprintf(stderr, "usage: hotset_products_bench THREADS [TYPE...]\n");
    return 2;
  }
  hotset::load_backends(HOTSET_LLAMA_LIBRARIES);
  const hotset::BackendHandle backend(ggml_backend_dev_init(hotset::cpu_backend().device, nullptr));
  hotset::cpu_backend().set_n_threads(backend.get(), threads);
  const std::vector<std::string> names(arguments.begin() + 1, arguments.end());
  for (int i = 0; i < GGML_TYPE_COUNT; ++i) {
    const auto type = static_cast<ggml_type>(i);
    if (is_wanted(names, type)) compare(backend.get(), threads, type);
  }
}
