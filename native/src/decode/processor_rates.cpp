#include "decode/processor_rates.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <numeric>
#include <random>

#include "decode/sampler.h"
#include "error.h"
#include "hybrid/attention/cached_attention.h"
#include "hybrid/graph/cpu_threads.h"
#include "hybrid/products/head_node.h"
#include "hybrid/products/product_node.h"
#include "kernels/kernels.h"
#include "runtime/handles.h"
#include "runtime/large_memory.h"
#include "runtime/parallel.h"

namespace hotset {
namespace {

using Clock = std::chrono::steady_clock;

/// Those that published models have.
constexpr std::array kTypes = {GGML_TYPE_Q4_0, GGML_TYPE_Q4_1, GGML_TYPE_Q5_0, GGML_TYPE_Q8_0,
                               GGML_TYPE_Q4_K, GGML_TYPE_Q5_K, GGML_TYPE_Q6_K};
constexpr int kLength = 2048;  ///< of rows
/// More than caches hold, read in pieces, one behind the other.
constexpr std::size_t kReadBytes = std::size_t{256} << 20U;
constexpr int kPieces = 8;
/// What kernels may ask for behind the last group.
constexpr std::size_t kBehind = std::size_t{8} << 10U;
constexpr int kPromptRows = 1024;
constexpr int kPromptColumns = 128;
constexpr int kNodes = 64;
constexpr int kNodeLength = 256;
/// The system needs as long to put every thread on a core of its own.
constexpr std::chrono::milliseconds kLongEnough(40);
/// What disturbs a measurement only ever slows it down: of many short ones, the time that so many stay below.
/// The very fastest would be luck.
constexpr double kUndisturbed = 0.2;

/// Seconds that `work` takes undisturbed.
template <typename Work>
double undisturbed(Work work) {
  std::vector<double> taken;
  for (const auto end = Clock::now() + kLongEnough; taken.empty() || Clock::now() < end;) {
    const auto start = Clock::now();
    work();
    taken.push_back(std::chrono::duration<double>(Clock::now() - start).count());
  }
  const auto place = static_cast<std::ptrdiff_t>(kUndisturbed * static_cast<double>(taken.size()));
  std::nth_element(taken.begin(), taken.begin() + place, taken.end());
  return taken[static_cast<std::size_t>(place)];
}

/// A graph with data of its own, computed as steps are.
class Measured {
 public:
  Measured() : context_(ggml_init({.mem_size = kBytes, .mem_buffer = nullptr, .no_alloc = false})) {}

  ggml_context* context() const { return context_.get(); }

  ggml_tensor* input(std::int64_t length, std::int64_t columns) const {
    ggml_tensor* x = ggml_new_tensor_2d(context(), GGML_TYPE_F32, length, columns);
    auto* values = static_cast<float*>(x->data);
    for (std::int64_t i = 0; i < ggml_nelements(x); ++i) values[i] = static_cast<float>(i % 17 - 8);
    return x;
  }

  /// Seconds that computing one of `lasts`, in turns, and all before it takes undisturbed.
  double seconds(CpuThreads& threads, const std::vector<ggml_tensor*>& lasts) const {
    std::vector<ggml_cgraph*> graphs;
    for (ggml_tensor* last : lasts) {
      graphs.push_back(ggml_new_graph(context()));
      ggml_build_forward_expand(graphs.back(), last);
      once(threads, graphs.back());  // wakes threads, asks for pages
    }
    return undisturbed([&, next = std::size_t{0}]() mutable {
      once(threads, graphs[next]);
      next = (next + 1) % graphs.size();
    });
  }

 private:
  static constexpr std::size_t kBytes = std::size_t{24} << 20U;

  static void once(CpuThreads& threads, ggml_cgraph* graph) {
    if (threads.compute(graph, false) == GGML_STATUS_SUCCESS) return;
    throw Error(ErrorKind::kInternal, "the processor's speed could not be measured");
  }

  ContextHandle context_;
};

/// One group of random weights of a type, over and over: whole groups, or their coarse planes.
class Rows {
 public:
  Rows() : memory_(kReadBytes + kBehind) {}

  void fill(ggml_type type, GroupPart part, int threads) {
    type_ = type;
    part_ = part;
    stride_ = part_bytes(part, type, kLength);
    groups_ = static_cast<int>(kReadBytes / stride_);
    const std::vector<std::byte> source = random_rows(type);
    std::byte* first = memory_.bytes().data();
    pack_groups(type, source.data(), kGroupRows, kLength, {.begin = 0, .end = 1}, first, stride_, part);
    parallel_for(threads, static_cast<std::size_t>(groups_) - 1,
                 [&](std::size_t i) { std::copy_n(first, stride_, first + stride_ * (i + 1)); });
  }

  int groups() const { return groups_; }

  /// Of rows from group `first` on. A fine plane is nowhere: such a matrix is multiplied by its coarse one.
  RowMatrix matrix(int first, int rows, KernelChoice kernel) const {
    const std::byte* memory = memory_.bytes().data() + stride_ * static_cast<std::size_t>(first);
    if (part_ == GroupPart::kWhole) return {type_, rows, kLength, memory, stride_, kernel};
    return {type_, rows, kLength, {.memory = memory, .stride = stride_}, {}, kernel};
  }

 private:
  static std::vector<std::byte> random_rows(ggml_type type) {
    std::mt19937 generator(1);
    std::normal_distribution<float> normal(0.0F, 0.02F);
    std::vector<float> values(std::size_t{kGroupRows} * kLength);
    std::generate(values.begin(), values.end(), [&] { return normal(generator); });
    std::vector<std::byte> rows(ggml_row_size(type, kLength) * kGroupRows);
    ggml_quantize_chunk(type, values.data(), rows.data(), 0, kGroupRows, kLength, nullptr);
    return rows;
  }

  LargeMemory memory_;
  ggml_type type_ = GGML_TYPE_COUNT;
  GroupPart part_ = GroupPart::kWhole;
  std::size_t stride_ = 0;
  int groups_ = 0;
};

/// Threads as they live with a model: ones that have just begun share a core for a while.
struct Processor {
  Processor(KernelChoice choice, int count) : kernel(choice), threads(count), cpu(count, nullptr, nullptr) {}

  KernelChoice kernel;
  int threads;
  CpuThreads cpu;
};

double product_seconds(const std::vector<RowMatrix>& matrices, int columns, Processor& processor) {
  const Measured measured;
  ProductTeam team(processor.kernel, processor.threads, kLength);
  ggml_tensor* x = measured.input(kLength, columns);
  std::vector<std::unique_ptr<ProductNode>> nodes;
  std::vector<ggml_tensor*> products;
  for (const RowMatrix& matrix : matrices) {
    nodes.push_back(std::make_unique<ProductNode>(team, ProductParts{.matrices = {matrix}}));
    products.push_back(nodes.back()->build(measured.context(), x, nullptr));
  }
  return measured.seconds(processor.cpu, products);
}

/// The first pass of the head alone: how many groups the second one computes depends on the text, and they
/// are few.
double choice_seconds(const std::vector<RowMatrix>& matrices, Processor& processor) {
  const Measured measured;
  ProductTeam team(processor.kernel, processor.threads, kLength);
  ggml_tensor* x = measured.input(kLength, 1);
  std::vector<std::unique_ptr<ProductNode>> wholes;
  std::vector<std::unique_ptr<HeadNode>> heads;
  std::vector<ggml_tensor*> coarse;
  for (const RowMatrix& matrix : matrices) {
    wholes.push_back(std::make_unique<ProductNode>(team, ProductParts{.matrices = {matrix}}));
    heads.push_back(std::make_unique<HeadNode>(*wholes.back(), matrix, team));
    coarse.push_back(heads.back()->build(measured.context(), x)->src[0]);
  }
  return measured.seconds(processor.cpu, coarse);
}

int rows_of_piece(const Rows& rows) { return rows.groups() / kPieces * kGroupRows; }

std::vector<RowMatrix> pieces_of(const Rows& rows, KernelChoice kernel) {
  std::vector<RowMatrix> pieces;
  pieces.reserve(kPieces);
  for (int i = 0; i < kPieces; ++i) {
    pieces.push_back(rows.matrix(i * (rows.groups() / kPieces), rows_of_piece(rows), kernel));
  }
  return pieces;
}

double piece_bytes(const Rows& rows, ggml_type type) {
  return static_cast<double>(ggml_row_size(type, kLength)) * rows_of_piece(rows);
}

ProductRate product_rate(const Rows& rows, ggml_type type, Processor& processor) {
  const double one = product_seconds(pieces_of(rows, processor.kernel), 1, processor);
  const double many =
      product_seconds({rows.matrix(0, kPromptRows, processor.kernel)}, kPromptColumns, processor);
  const double bytes_per_second = piece_bytes(rows, type) / one;
  return {.type = type,
          .threads = processor.threads,
          .bytes_per_second = bytes_per_second,
          .choice_bytes_per_second = bytes_per_second,
          .products_per_second = static_cast<double>(kPromptRows) * kLength * kPromptColumns / many};
}

/// Each node waits for the one before, as in a layer.
double node_seconds(Processor& processor) {
  constexpr ggml_type kType = GGML_TYPE_Q8_0;
  const std::size_t stride = group_bytes(kType, kNodeLength);
  LargeMemory memory(stride * (kNodeLength / kGroupRows) + kBehind);
  std::ranges::fill(memory.bytes(), std::byte{0});
  const RowMatrix matrix(kType, kNodeLength, kNodeLength, memory.bytes().data(), stride, processor.kernel);
  const Measured measured;
  ProductTeam team(processor.kernel, processor.threads, kNodeLength);
  const ProductNode node(team, {.matrices = {matrix}});
  ggml_tensor* x = measured.input(kNodeLength, 1);
  for (int i = 0; i < kNodes; ++i) x = node.build(measured.context(), x, nullptr);
  return measured.seconds(processor.cpu, {x}) / kNodes;
}

struct AttentionWork {
  int heads;
  int kv_heads;
  int positions;  ///< that the last token sees
  int tokens;
};
constexpr int kHeadLength = 128;

double attention_seconds(const AttentionWork& work, Processor& processor) {
  ModelFile model;
  model.heads = work.heads;
  model.kv_heads = work.kv_heads;
  model.key_length = kHeadLength;
  model.value_length = kHeadLength;
  CachedAttention attention(model, 1.0F / std::sqrt(static_cast<float>(kHeadLength)), processor.kernel,
                            GGML_TYPE_F16, work.positions, processor.threads);
  const Measured measured;
  ggml_context* context = measured.context();
  const auto cache = [&] {
    const std::int64_t width = std::int64_t{work.kv_heads} * kHeadLength;
    ggml_tensor* rows = ggml_new_tensor_2d(context, GGML_TYPE_F16, width, work.positions);
    std::fill_n(static_cast<std::byte*>(rows->data), ggml_nbytes(rows), std::byte{0});
    return rows;
  };
  const auto counted = [&](int count, int first) {
    ggml_tensor* numbers = ggml_new_tensor_1d(context, GGML_TYPE_I32, count);
    auto* values = static_cast<std::int32_t*>(numbers->data);
    std::iota(values, values + count, first);
    return numbers;
  };
  ggml_tensor* queries =
      ggml_reshape_3d(context, measured.input(std::int64_t{kHeadLength} * work.heads, work.tokens),
                      kHeadLength, work.heads, work.tokens);
  const AttentionInput input{.queries = queries,
                             .keys = cache(),
                             .values = cache(),
                             .positions = counted(work.tokens, work.positions - work.tokens),
                             .cells = counted(work.positions, 0)};
  return measured.seconds(processor.cpu, {attention.build(context, input)});
}

/// One thread's, whatever there are.
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
  constexpr AttentionWork kToken{.heads = 8, .kv_heads = 8, .positions = 2048, .tokens = 1};
  constexpr AttentionWork kPrompt{.heads = 12, .kv_heads = 2, .positions = 512, .tokens = 256};
  const double token = attention_seconds(kToken, processor);
  const double prompt = attention_seconds(kPrompt, processor);
  constexpr double kBoth = 2.0 * kHeadLength;  // keys and values
  constexpr double kSeen = kPrompt.positions - kPrompt.tokens / 2.0;
  return {.threads = processor.threads,
          .keys_per_second = kBoth * kToken.kv_heads * kToken.positions / token,
          .attention_per_second = kBoth * kPrompt.heads * kPrompt.tokens * kSeen / prompt,
          .node_seconds = node_seconds(processor),
          .logit_seconds = of_a_logit};
}

/// 1, 2, 4 and so on, and `most`.
std::vector<int> thread_counts(int most) {
  std::vector<int> counts;
  for (int count = 1; count < most; count *= 2) counts.push_back(count);
  counts.push_back(most);
  return counts;
}

}  // namespace

ProcessorRates measure_processor(int most_threads, const std::atomic<bool>& cancel) {
  ProcessorRates rates{.kernel = resolve(KernelChoice::kAuto), .products = {}, .steps = {}};
  std::vector<std::unique_ptr<Processor>> processors;
  for (const int threads : thread_counts(std::max(1, most_threads))) {
    processors.push_back(std::make_unique<Processor>(rates.kernel, threads));
  }
  if (cancel) return rates;
  Rows rows;
  for (const ggml_type type : kTypes) {
    if (!can_group(type, kLength)) continue;
    if (!cancel) rows.fill(type, GroupPart::kWhole, most_threads);
    const std::size_t first = rates.products.size();
    for (const auto& processor : processors) {
      if (cancel) return rates;
      rates.products.push_back(product_rate(rows, type, *processor));
    }
    if (!can_split(type, kLength)) continue;
    if (!cancel) rows.fill(type, GroupPart::kCoarse, most_threads);
    for (std::size_t i = 0; i < processors.size(); ++i) {
      if (cancel) return rates;
      rates.products[first + i].choice_bytes_per_second =
          piece_bytes(rows, type) / choice_seconds(pieces_of(rows, rates.kernel), *processors[i]);
    }
  }
  const double of_a_logit = logit_seconds();
  for (const auto& processor : processors) {
    if (cancel) return rates;
    rates.steps.push_back(step_rate(*processor, of_a_logit));
  }
  return rates;
}

}  // namespace hotset
