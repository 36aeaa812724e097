#include "hybrid/graph/executor.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>
#include <string>

#include "error.h"
#include "runtime/node_visit.h"

namespace hotset {
namespace {

// Attention looks at a multiple of this many rows of the KV cache, so that the one-token graph lives that
// long.
constexpr int kKvGranularity = 256;

bool has_stage_on(const Graph& graph, Device device) {
  return std::any_of(graph.stages.begin(), graph.stages.end(),
                     [&](const Stage& stage) { return stage.device == device; });
}

}  // namespace

Executor::Executor(const ModelFile& model, const Layout& layout, const Weights& weights, const KvCache& cache,
                   Gpu* gpu, const ExecutorOptions& options)
    : model_(model),
      layout_(layout),
      weights_(weights),
      cache_(cache),
      gpu_(gpu),
      options_(options),
      exchange_(model, std::min(kMostTokens, cache.context_length()), cache.context_length(), gpu),
      cpu_(options.threads, is_cancelled, this) {
  if (gpu_ == nullptr) return;
  gpu_allocator_.reset(ggml_gallocr_new(gpu_->memory()));
  reserve_intermediate_results(gpu_allocator_.get(), model, cache.context_length(), gpu_->memory());
  require_support(graph_for({.tokens = 1, .kv_length = std::min(kKvGranularity, cache.context_length())}));
}

bool Executor::is_cancelled(void* self) {
  const std::atomic<bool>* cancel = static_cast<const Executor*>(self)->cancel_;
  return cancel != nullptr && cancel->load(std::memory_order_relaxed);
}

int Executor::most_tokens(Outputs outputs) const {
  if (outputs == Outputs::kAll && gpu_ != nullptr) return kMostLogits;
  return options_.most_many;
}

std::uint64_t Executor::gpu_bytes() const {
  if (gpu_ == nullptr) return 0;
  return exchange_.gpu_bytes() + ggml_gallocr_get_buffer_size(gpu_allocator_.get(), 0);
}

bool Executor::run(std::span<const std::int32_t> tokens, std::span<const std::int32_t> cells,
                   const Wanted& wanted, const std::atomic<bool>& cancel) {
  const auto count = static_cast<int>(tokens.size());
  const int rows = *std::ranges::max_element(cells) + 1;
  const int rounded = (rows + kKvGranularity - 1) / kKvGranularity * kKvGranularity;
  const Graph& graph =
      graph_for({.tokens = count, .kv_length = std::min(rounded, cache_.context_length()), .wanted = wanted});
  set_inputs(graph, tokens, cells);
  return run(graph, cancel);
}

bool Executor::run_each(std::span<const Column> columns, const Wanted& wanted,
                        const std::atomic<bool>& cancel) {
  // Nothing of the graph depends on how many rows there are.
  const Graph& graph = graph_for({.tokens = static_cast<int>(columns.size()),
                                  .kv_length = cache_.context_length(),
                                  .wanted = wanted,
                                  .apart = true});
  set_inputs_of_each(columns);
  return run(graph, cancel);
}

bool Executor::run(const Graph& graph, const std::atomic<bool>& cancel) {
  cancel_ = &cancel;
  const bool finished = std::all_of(graph.steps.begin(), graph.steps.end(),
                                    [&](const Step& step) { return perform(graph, step); });
  cancel_ = nullptr;
  if (finished) read_logits(graph);
  settle();
  last_ = &graph;
  return finished;
}

/// Graphs for few tokens are kept.
const Graph& Executor::graph_for(const GraphShape& shape) {
  const bool is_kept = shape.apart || shape.tokens <= kMostLogits;
  Graph& place = is_kept ? kept_[{shape.tokens, shape.wanted.all_neurons, shape.apart}] : prefill_;
  if (!place.stages.empty() && place.shape == shape) return place;
  place = {};  // its memory first
  place = build(shape);
  return place;
}

Graph Executor::build(const GraphShape& shape) {
  const bool is_decoded = shape.apart || shape.tokens <= options_.most_few;
  const bool few = is_decoded && !shape.wanted.all_neurons;
  const GraphParts parts{model_, layout_, weights_, cache_, exchange_, gpu_allocator_.get()};
  const std::uint64_t reserved = gpu_bytes();
  Graph graph = build_graph(parts, shape, few ? options_.few_tokens : options_.many_tokens);
  // Other graphs have addresses in the memory that was set aside.
  if (gpu_bytes() != reserved) throw GpuError("a step needs more memory than was set aside for it");
  return graph;
}

void Executor::require_support(const Graph& graph) const {
  for (const Stage& stage : graph.stages) {
    if (stage.device == Device::kCpu) continue;
    for (int i = 0; i < ggml_graph_n_nodes(stage.nodes); ++i) {
      const ggml_tensor* node = ggml_graph_node(stage.nodes, i);
      if (ggml_backend_dev_supports_op(gpu_->device(), node)) continue;
      throw GpuError(std::string("it cannot compute ") + ggml_op_desc(node) + " as this model needs it");
    }
  }
}

void Executor::set_inputs(const Graph& graph, std::span<const std::int32_t> tokens,
                          std::span<const std::int32_t> cells) {
  const Wires& wires = exchange_.on(Device::kCpu);
  std::memcpy(wires.tokens->data, tokens.data(), tokens.size_bytes());
  std::memcpy(wires.cells->data, cells.data(), cells.size_bytes());
  const auto [before, own] = std::pair(cells.first(cells.size() - tokens.size()), cells.last(tokens.size()));
  auto* positions = static_cast<std::int32_t*>(wires.positions->data);
  std::iota(positions, positions + tokens.size(), static_cast<std::int32_t>(before.size()));
  std::ranges::copy(own, static_cast<std::int64_t*>(wires.rows->data));
  set_mask(graph, before, own);
  if (has_stage_on(graph, Device::kGpu)) upload_inputs(graph);
}

void Executor::set_inputs_of_each(std::span<const Column> columns) {
  const Wires& wires = exchange_.on(Device::kCpu);
  auto* all = static_cast<std::int32_t*>(wires.cells->data);
  std::int32_t start = 0;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto& [token, cells] = columns[i];
    const auto length = static_cast<std::int32_t>(cells.size());
    static_cast<std::int32_t*>(wires.tokens->data)[i] = token;
    static_cast<std::int32_t*>(wires.positions->data)[i] = length - 1;
    static_cast<std::int64_t*>(wires.rows->data)[i] = cells.back();
    static_cast<std::int32_t*>(wires.starts->data)[i] = start;
    std::ranges::copy(cells, all + start);
    start += length;
  }
}

/// Each token sees the cells before all of them, and its own and those of the tokens before it.
void Executor::set_mask(const Graph& graph, std::span<const std::int32_t> before,
                        std::span<const std::int32_t> own) {
  static const ggml_fp16_t hidden = ggml_fp32_to_fp16(-std::numeric_limits<float>::infinity());
  static const ggml_fp16_t visible = ggml_fp32_to_fp16(0.0F);
  const auto length = static_cast<std::size_t>(graph.shape.kv_length);
  const std::span mask(static_cast<ggml_fp16_t*>(exchange_.on(Device::kCpu).mask->data), length * own.size());
  std::ranges::fill(mask.first(length), hidden);
  for (const std::int32_t cell : before) mask[static_cast<std::size_t>(cell)] = visible;
  for (std::size_t token = 0; token < own.size(); ++token) {
    const auto row = mask.subspan(token * length, length);
    if (token > 0) std::ranges::copy(mask.subspan((token - 1) * length, length), row.begin());
    row[static_cast<std::size_t>(own[token])] = visible;
  }
}

void Executor::upload_inputs(const Graph& graph) {
  const Wires& from = exchange_.on(Device::kCpu);
  const Wires& to = exchange_.on(Device::kGpu);
  const auto tokens = static_cast<std::size_t>(graph.shape.tokens);
  const auto length = static_cast<std::size_t>(graph.shape.kv_length);
  gpu_->upload(from.positions->data, to.positions, tokens * sizeof(std::int32_t));
  gpu_->upload(from.rows->data, to.rows, tokens * sizeof(std::int64_t));
  gpu_->upload(from.mask->data, to.mask, tokens * length * sizeof(ggml_fp16_t));
}

/// Returns false when cancelled.
bool Executor::perform(const Graph& graph, const Step& step) {
  switch (step.kind) {
    case Step::Kind::kCompute:
      return compute(graph.stages[step.stage]);
    case Step::Kind::kWait:
      wait();
      return true;
    case Step::Kind::kUpload:
    case Step::Kind::kDownload:
      copy(step);
      return true;
  }
  return true;
}

void Executor::copy(const Step& step) {
  finish_running();
  const bool up = step.kind == Step::Kind::kUpload;
  const std::size_t bytes = sizeof(float) * static_cast<std::size_t>(step.columns) *
                            static_cast<std::size_t>(model_.embedding_length);
  ggml_tensor* from = exchange_.on(up ? Device::kCpu : Device::kGpu).slot(step.from);
  ggml_tensor* to = exchange_.on(up ? Device::kGpu : Device::kCpu).slot(step.to);
  if (up) {
    gpu_->upload(from->data, to, bytes);
  } else {
    gpu_->download(from, to->data, bytes);
  }
}

bool Executor::compute(const Stage& stage) {
  if (is_cancelled(this)) return false;
  if (stage.device == Device::kGpu) {
    launch(stage);
    return true;
  }
  watch_running();
  const auto begin = Trace::Clock::now();
  const NodeVisit visit;
  const ggml_status status = cpu_.compute(stage.nodes, stage.needs_ggml_threads);
  if (status == GGML_STATUS_ABORTED) return false;
  if (status != GGML_STATUS_SUCCESS) {
    throw Error(ErrorKind::kInternal,
                std::string("ggml failed to compute: ") + ggml_status_to_string(status));
  }
  if (options_.trace != nullptr) options_.trace->add(stage.name, "CPU", begin, Trace::Clock::now());
  return true;
}

void Executor::launch(const Stage& stage) {
  finish_running();
  const auto begin = Trace::Clock::now();
  gpu_->launch(stage.nodes);
  if (options_.trace != nullptr) running_.push_back({.name = stage.name, .begin = begin});
}

void Executor::wait() {
  finish_running();
  gpu_->wait();
  note_end(Trace::Clock::now());
}

/// Waits for everything on its way, so that nothing is written or read behind the caller's back.
void Executor::settle() {
  if (gpu_ != nullptr) wait();
}

/// The CPU is about to compute: a trace wants to know when the GPU ends meanwhile.
void Executor::watch_running() {
  if (!running_.empty() && !completion_.valid()) completion_ = gpu_->completion();
}

/// The GPU is about to be given something to do, for which a watch has to be over.
void Executor::finish_running() {
  if (completion_.valid()) note_end(completion_.get());
}

void Executor::note_end(Trace::Clock::time_point end) {
  for (const Running& stage : running_) options_.trace->add(stage.name, gpu_->name(), stage.begin, end);
  running_.clear();
}

void Executor::read_logits(const Graph& graph) {
  logits_ = {};
  if (graph.logits == nullptr) return;
  const auto count = static_cast<std::size_t>(ggml_nelements(graph.logits));
  if (graph.logits_device == Device::kCpu) {
    logits_ = {static_cast<float*>(graph.logits->data), count};
    return;
  }
  downloaded_.resize(count);
  finish_running();
  gpu_->download(graph.logits, downloaded_.data(), ggml_nbytes(graph.logits));
  wait();
  logits_ = downloaded_;
}

}  // namespace hotset
