#include "decode/rates/step_rates.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

#include "decode/sampler.h"
#include "gguf/model_file.h"
#include "hybrid/attention/cached_attention.h"
#include "hybrid/products/product_node.h"
#include "kernels/attention_kernels.h"
#include "kernels/kernels.h"
#include "runtime/large_memory.h"

namespace hotset {
namespace {

constexpr int kNodes = 64;
constexpr int kNodeLength = 256;
/// Of columns that are normed and rounded.
constexpr int kColumnLength = 2048;
constexpr int kColumns = 128;

/// A matrix of zeros.
class ZeroRows {
 public:
  ZeroRows(int rows, int length, KernelChoice kernel)
      : stride_(group_bytes(kType, length)),
        memory_(stride_ * static_cast<std::size_t>(rows / kGroupRows) + kBehindRows),
        matrix_(kType, rows, length, memory_.bytes().data(), stride_, kernel) {
    std::ranges::fill(memory_.bytes(), std::byte{0});
  }

  const RowMatrix& matrix() const { return matrix_; }

 private:
  static constexpr ggml_type kType = GGML_TYPE_Q8_0;
  std::size_t stride_;
  LargeMemory memory_;
  RowMatrix matrix_;
};

/// Each node waits for the one before, as in a layer.
double node_seconds(Processor& processor) {
  const ZeroRows rows(kNodeLength, kNodeLength, processor.kernel);
  const Measured measured;
  ProductTeam team(processor.kernel, processor.threads, kNodeLength);
  const ProductNode node(team, {.matrices = {rows.matrix()}});
  ggml_tensor* x = measured.input(kNodeLength, 1);
  for (int i = 0; i < kNodes; ++i) x = node.build(measured.context(), x, nullptr);
  return measured.seconds(processor.cpu, {x}) / kNodes;
}

double value_seconds(Processor& processor) {
  const ZeroRows rows(kGroupRows, kColumnLength, processor.kernel);
  const std::vector<float> norm(kColumnLength, 1.0F);
  const Measured measured;
  ProductTeam team(processor.kernel, processor.threads, kColumnLength);
  const ProductNode node(team, {.matrices = {rows.matrix()}, .norm = norm.data(), .epsilon = 1e-5F});
  ggml_tensor* x = measured.input(kColumnLength, kColumns);
  // What a product of so many columns begins with is a node of its own.
  ggml_tensor* rounded = node.build(measured.context(), x, nullptr)->src[0];
  return measured.seconds(processor.cpu, {rounded}) * processor.threads / (kColumnLength * kColumns);
}

/// As many products as often, over few long rows and over many short ones: the latter write more.
double result_seconds(Processor& processor) {
  constexpr int kFew = 512;
  constexpr int kTimes = 8;
  constexpr int kTokens = 32;
  const auto seconds = [&](int rows, int length) {
    const ZeroRows zeros(rows, length, processor.kernel);
    const Measured measured;
    ProductTeam team(processor.kernel, processor.threads, length);
    const ProductNode node(team, {.matrices = {zeros.matrix()}});
    ggml_tensor* product = node.build(measured.context(), measured.input(length, kTokens), nullptr);
    measured.settle(processor.cpu, product->src[0]);
    return measured.seconds(processor.cpu, {product});
  };
  const double more = seconds(kFew * kTimes, kColumnLength / kTimes) - seconds(kFew, kColumnLength);
  return std::max(0.0, more / (kFew * (kTimes - 1) * kTokens));
}

ggml_tensor* counted(ggml_context* context, ggml_type type, int count, int first) {
  ggml_tensor* numbers = ggml_new_tensor_1d(context, type, count);
  if (type == GGML_TYPE_I64) {
    std::iota(static_cast<std::int64_t*>(numbers->data), static_cast<std::int64_t*>(numbers->data) + count,
              first);
  } else {
    std::iota(static_cast<std::int32_t*>(numbers->data), static_cast<std::int32_t*>(numbers->data) + count,
              first);
  }
  return numbers;
}

ggml_tensor* zero_cache(ggml_context* context, std::int64_t width, int positions) {
  ggml_tensor* rows = ggml_new_tensor_2d(context, GGML_TYPE_F16, width, positions);
  std::fill_n(static_cast<std::byte*>(rows->data), ggml_nbytes(rows), std::byte{0});
  return rows;
}

/// ggml's operators, as a layer has them between its products.
double rotation_seconds(Processor& processor) {
  constexpr int kLength = 64;
  constexpr int kHeads = 16;
  constexpr int kTokens = 32;
  const Measured measured;
  ggml_context* context = measured.context();
  ggml_tensor* heads = ggml_reshape_3d(context, measured.input(std::int64_t{kLength} * kHeads, kTokens),
                                       kLength, kHeads, kTokens);
  ggml_tensor* rotated =
      ggml_rope_ext(context, heads, counted(context, GGML_TYPE_I32, kTokens, 500), nullptr, kLength,
                    GGML_ROPE_TYPE_NEOX, 0, 10000.0F, 1.0F, 0.0F, 1.0F, 32.0F, 1.0F);
  ggml_tensor* flat = ggml_reshape_2d(context, rotated, std::int64_t{kLength} * kHeads, kTokens);
  ggml_tensor* stored = ggml_set_rows(context, zero_cache(context, std::int64_t{kLength} * kHeads, kTokens),
                                      flat, counted(context, GGML_TYPE_I64, kTokens, 0));
  return measured.seconds(processor.cpu, {stored}) / (2.0 * kLength * kHeads * kTokens);
}

struct AttentionWork {
  int heads;
  int kv_heads;
  int head_length;
  int positions;  ///< that the last token sees
  int tokens;
};

double attention_seconds(const AttentionWork& work, Processor& processor) {
  ModelFile model;
  model.heads = work.heads;
  model.kv_heads = work.kv_heads;
  model.key_length = work.head_length;
  model.value_length = work.head_length;
  CachedAttention attention(model, 1.0F / std::sqrt(static_cast<float>(work.head_length)), processor.kernel,
                            GGML_TYPE_F16, work.positions, processor.threads);
  const Measured measured;
  ggml_context* context = measured.context();
  const std::int64_t width = std::int64_t{work.kv_heads} * work.head_length;
  ggml_tensor* queries =
      ggml_reshape_3d(context, measured.input(std::int64_t{work.head_length} * work.heads, work.tokens),
                      work.head_length, work.heads, work.tokens);
  const AttentionInput input{
      .queries = queries,
      .keys = zero_cache(context, width, work.positions),
      .values = zero_cache(context, width, work.positions),
      .positions = counted(context, GGML_TYPE_I32, work.tokens, work.positions - work.tokens),
      .cells = counted(context, GGML_TYPE_I32, work.positions, 0)};
  return measured.seconds(processor.cpu, {attention.build(context, input)});
}

constexpr int kLong = 128;
constexpr int kShort = 64;

/// From what one score takes with heads of kLong and of kShort: what does not grow with the length, and what
/// does.
AttentionRate attention_rate(double of_long, double of_short) {
  const double product = std::max(of_long - of_short, of_long / 16) / (2.0 * (kLong - kShort));
  return {.products_per_second = 1.0 / product,
          .score_seconds = std::max(0.0, of_long - 2.0 * kLong * product)};
}

/// Of one token's attention three things take time: reading and converting keys and values, multiplying each
/// with every query that shares it, and the scores. Measured with as many unknowns: few queries and many,
/// long heads and short ones.
void measure_token(Processor& processor, StepRate& rate) {
  constexpr int kPositions = 1024;
  constexpr int kKvHeads = 4;
  constexpr int kShared = 6;
  // Seconds of a position of a KV head.
  const auto seconds = [&](int group, int length) {
    const AttentionWork work{.heads = kKvHeads * group,
                             .kv_heads = kKvHeads,
                             .head_length = length,
                             .positions = kPositions,
                             .tokens = 1};
    return attention_seconds(work, processor) / (kKvHeads * kPositions);
  };
  const auto of_length = [&](int length) {
    const double many = seconds(kShared, length);
    const double one = seconds(1, length);
    const double score = std::max(many - one, 0.0) / (kShared - 1);
    return std::pair(score, std::max(one - score, one / 16));
  };
  const auto [long_score, long_keys] = of_length(kLong);
  const auto [short_score, short_keys] = of_length(kShort);
  rate.keys_per_second = 2.0 * (kLong + kShort) / (long_keys + short_keys);
  rate.token = attention_rate(long_score, short_score);
}

/// Of `queries` that see one position more each, the last one all: whole tiles are multiplied.
std::int64_t scores_of(int queries, int positions) {
  std::int64_t scores = 0;
  for (int seen = positions - queries + 1; seen <= positions; ++seen) {
    scores += std::int64_t{kTileRows} * ((seen + kTileRows - 1) / kTileRows);
  }
  return scores;
}

AttentionRate prompt_attention(Processor& processor) {
  const auto score_seconds = [&](int length) {
    const AttentionWork work{
        .heads = 12, .kv_heads = 2, .head_length = length, .positions = 512, .tokens = 256};
    return attention_seconds(work, processor) /
           static_cast<double>(work.heads * scores_of(work.tokens, work.positions));
  };
  return attention_rate(score_seconds(kLong), score_seconds(kShort));
}

}  // namespace

double logit_seconds() {
  constexpr std::size_t kLogits = 32768;
  std::vector<float> logits(kLogits);
  std::mt19937 generator(1);
  std::normal_distribution<float> normal(0.0F, 3.0F);
  std::generate(logits.begin(), logits.end(), [&] { return normal(generator); });
  Sampler sampler({.temperature = 0.0F});
  return undisturbed([&] { sampler.choose(logits); }) / static_cast<double>(kLogits);
}

StepRate step_rate(Processor& processor, double of_a_logit) {
  StepRate rate{.threads = processor.threads,
                .keys_per_second = 0.0,
                .token = {},
                .prompt = prompt_attention(processor),
                .node_seconds = node_seconds(processor),
                .value_seconds = value_seconds(processor),
                .rotation_seconds = rotation_seconds(processor),
                .result_seconds = result_seconds(processor),
                .logit_seconds = of_a_logit,
                .mapped_byte_seconds = 0.0};
  measure_token(processor, rate);
  return rate;
}

}  // namespace hotset
