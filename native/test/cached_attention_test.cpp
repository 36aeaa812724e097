// Attention over the KV cache against plain arithmetic in double precision, and against itself however the
// tokens come in.
#include "hybrid/attention/cached_attention.h"

#include <doctest/doctest.h>
#include <ggml-backend.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include "available_kernels.h"
#include "runtime/backends.h"
#include "runtime/handles.h"
#include "runtime/threadpool.h"

namespace {

using hotset::AttentionInput;
using hotset::CachedAttention;
using hotset::KernelChoice;
using hotset::ModelFile;
using hotset::test::available_kernels;

struct Shape {
  int heads;
  int kv_heads;
  int head_length;
};

constexpr int kContext = 1100;
constexpr float kScale = 0.2F;

/// A cache whose rows lie anywhere, and the queries of its last positions.
class Sequence {
 public:
  Sequence(Shape shape, int most_tokens, ggml_type type = GGML_TYPE_F16)
      : shape_(shape), context_(make_context()) {
    const std::int64_t width = std::int64_t{shape.kv_heads} * shape.head_length;
    keys_ = ggml_new_tensor_2d(context_.get(), type, width, kContext);
    values_ = ggml_new_tensor_2d(context_.get(), type, width, kContext);
    cells_ = ggml_new_tensor_1d(context_.get(), GGML_TYPE_I32, kContext);
    queries_ = ggml_new_tensor_3d(context_.get(), GGML_TYPE_F32, shape.head_length, shape.heads, most_tokens);
    positions_ = ggml_new_tensor_1d(context_.get(), GGML_TYPE_I32, most_tokens);
    key_numbers_ = fill(keys_);
    value_numbers_ = fill(values_);
    std::generate_n(static_cast<float*>(queries_->data), ggml_nelements(queries_), [&] { return normal(); });
    auto* cells = static_cast<std::int32_t*>(cells_->data);
    std::iota(cells, cells + kContext, 0);
    std::shuffle(cells, cells + kContext, generator_);
  }

  /// What `count` tokens from query `begin` see when query 0 stands at `position`: [tokens][heads * length].
  std::vector<float> attend(KernelChoice kernel, int threads, int position, int begin, int count) {
    ModelFile model;
    model.heads = shape_.heads;
    model.kv_heads = shape_.kv_heads;
    model.key_length = shape_.head_length;
    CachedAttention attention(model, kScale, kernel, keys_->type, kContext, threads);
    const hotset::ContextHandle context = make_context();
    ggml_tensor* queries =
        ggml_view_3d(context.get(), queries_, shape_.head_length, shape_.heads, count, queries_->nb[1],
                     queries_->nb[2], static_cast<std::size_t>(begin) * queries_->nb[2]);
    ggml_tensor* positions = ggml_view_1d(context.get(), positions_, count, 0);
    std::iota(static_cast<std::int32_t*>(positions_->data),
              static_cast<std::int32_t*>(positions_->data) + count, position + begin);
    ggml_tensor* attended = attention.build(
        context.get(),
        AttentionInput{
            .queries = queries, .keys = keys_, .values = values_, .positions = positions, .cells = cells_});
    ggml_cgraph* graph = ggml_new_graph(context.get());
    ggml_build_forward_expand(graph, attended);
    const hotset::Threadpool pool(threads);
    const hotset::BackendHandle cpu(ggml_backend_dev_init(hotset::cpu_backend().device, nullptr));
    hotset::cpu_backend().set_n_threads(cpu.get(), threads);
    hotset::cpu_backend().set_threadpool(cpu.get(), pool.get());
    // Twice: what a step leaves behind is where the next one begins.
    REQUIRE(ggml_backend_graph_compute(cpu.get(), graph) == GGML_STATUS_SUCCESS);
    REQUIRE(ggml_backend_graph_compute(cpu.get(), graph) == GGML_STATUS_SUCCESS);
    const auto* data = static_cast<const float*>(attended->data);
    return {data, data + ggml_nelements(attended)};
  }

  /// By the definition: the element `i` of what `head` of query `token` sees up to its own position.
  double expected(int position, int token, int head, int i) const {
    const int kv_head = head / (shape_.heads / shape_.kv_heads);
    const auto* query = static_cast<const float*>(queries_->data) +
                        (std::ptrdiff_t{token} * shape_.heads + head) * shape_.head_length;
    double sum = 0.0;
    double mean = 0.0;
    for (int at = 0; at <= position + token; ++at) {
      double score = 0.0;
      for (int k = 0; k < shape_.head_length; ++k) {
        score += static_cast<double>(query[k]) * element(key_numbers_, at, kv_head, k);
      }
      const double power = std::exp(score * kScale);
      sum += power;
      mean += power * element(value_numbers_, at, kv_head, i);
    }
    return mean / sum;
  }

 private:
  static hotset::ContextHandle make_context() {
    return hotset::ContextHandle(
        ggml_init({.mem_size = std::size_t{16} << 20U, .mem_buffer = nullptr, .no_alloc = false}));
  }

  float normal() { return distribution_(generator_); }

  /// Returns what the rows hold.
  std::vector<float> fill(ggml_tensor* tensor) {
    const std::int64_t count = ggml_nelements(tensor);
    std::vector<float> numbers(static_cast<std::size_t>(count));
    std::generate(numbers.begin(), numbers.end(), [&] { return normal(); });
    ggml_quantize_chunk(tensor->type, numbers.data(), tensor->data, 0, tensor->ne[1], tensor->ne[0], nullptr);
    ggml_get_type_traits(tensor->type)->to_float(tensor->data, numbers.data(), count);
    return numbers;
  }

  double element(const std::vector<float>& numbers, int position, int kv_head, int i) const {
    const std::ptrdiff_t row = static_cast<const std::int32_t*>(cells_->data)[position];
    return numbers[static_cast<std::size_t>((row * shape_.kv_heads + kv_head) * shape_.head_length + i)];
  }

  std::mt19937 generator_{5};
  std::normal_distribution<float> distribution_;
  Shape shape_;
  hotset::ContextHandle context_;
  ggml_tensor* keys_;
  ggml_tensor* values_;
  std::vector<float> key_numbers_;
  std::vector<float> value_numbers_;
  ggml_tensor* cells_;
  ggml_tensor* queries_;
  ggml_tensor* positions_;
};

constexpr int kTokens = 100;

/// The largest difference from the definition.
double largest_error(Sequence& sequence, const Shape& shape, KernelChoice kernel) {
  double largest = 0.0;
  for (const int position : {0, 255, 640}) {
    const std::vector<float> found = sequence.attend(kernel, 2, position, 0, kTokens);
    for (const int token : {0, 1, 63, 64, kTokens - 1}) {
      for (int head = 0; head < shape.heads; ++head) {
        for (const int i : {0, shape.head_length / 2, shape.head_length - 1}) {
          const int place = (token * shape.heads + head) * shape.head_length + i;
          const double actual = found[static_cast<std::size_t>(place)];
          largest = std::max(largest, std::abs(actual - sequence.expected(position, token, head, i)));
        }
      }
    }
  }
  return largest;
}

}  // namespace

TEST_CASE("cached attention: means by the definition, rows of the cache in any order") {
  for (const Shape& shape : {Shape{14, 2, 64}, Shape{4, 4, 100}, Shape{6, 2, 128}, Shape{3, 1, 16}}) {
    Sequence sequence(shape, kTokens);
    for (const KernelChoice kernel : available_kernels()) {
      CAPTURE(hotset::kernel_name(kernel));
      CHECK(largest_error(sequence, shape, kernel) < 1e-5);
    }
  }
}

TEST_CASE("cached attention: keys in Q8_0 meet queries rounded to 8 bits, the same on all processors") {
  for (const Shape& shape : {Shape{14, 2, 64}, Shape{6, 2, 128}}) {
    Sequence sequence(shape, kTokens, GGML_TYPE_Q8_0);
    // A score errs by a few hundredths: products of 64 or 128 pairs, of which one side errs by half of 1/127
    // of the largest one of 32.
    constexpr double kRounding = 0.05;
    const std::vector<float> reference = sequence.attend(KernelChoice::kScalar, 1, 640, 0, kTokens);
    for (const KernelChoice kernel : available_kernels()) {
      CAPTURE(hotset::kernel_name(kernel));
      CHECK(largest_error(sequence, shape, kernel) < kRounding);
      const std::vector<float> found = sequence.attend(kernel, 2, 640, 0, kTokens);
      double largest = 0.0;
      for (std::size_t i = 0; i < found.size(); ++i) {
        largest = std::max(largest, std::abs(static_cast<double>(found[i]) - reference[i]));
      }
      CHECK(largest < 1e-5);
    }
  }
}

TEST_CASE(
    "cached attention: a token's result is the same alone, among drafts and in a prompt, on any threads") {
  constexpr Shape kShape{14, 2, 64};
  constexpr int kPosition = 900;
  for (const ggml_type type : {GGML_TYPE_F16, GGML_TYPE_Q8_0}) {
    Sequence sequence(kShape, kTokens, type);
    for (const KernelChoice kernel : available_kernels()) {
      CAPTURE(hotset::kernel_name(kernel));
      const std::vector<float> prompt = sequence.attend(kernel, 1, kPosition, 0, kTokens);
      const std::ptrdiff_t width = std::ptrdiff_t{kShape.heads} * kShape.head_length;
      for (const int threads : {1, 2, 5}) {
        for (const int count : {1, 2, 8, 13, 14, 50}) {
          const int begin = kTokens - count;
          const std::vector<float> found = sequence.attend(kernel, threads, kPosition, begin, count);
          CHECK(std::equal(found.begin(), found.end(), prompt.begin() + begin * width));
        }
      }
    }
  }
}
