#include "hybrid/graph/stages.h"

#include "hybrid/graph/cpu_threads.h"

namespace hotset {
namespace {

// A block is a layer's attention or its feed-forward part: about 15 operators and views, and leaves.
constexpr std::size_t kNodesPerBlock = 40;
constexpr std::size_t kNodesOfStage = 24;

}  // namespace

void StageWriter::open(Device device, std::string name) {
  device_ = device;
  name_ = std::move(name);
  inputs_ = {};
  blocks_ = 0;
}

void StageWriter::close() {
  const std::size_t nodes = kNodesOfStage + kNodesPerBlock * static_cast<std::size_t>(blocks_);
  Stage stage{.device = device_, .name = std::move(name_)};
  stage.context.reset(
      ggml_init({.mem_size = ggml_graph_overhead_custom(nodes, false) + ggml_tensor_overhead(),
                 .mem_buffer = nullptr,
                 .no_alloc = true}));
  stage.nodes = ggml_new_graph_custom(stage.context.get(), nodes, false);
  for (ggml_tensor* result : results_) ggml_build_forward_expand(stage.nodes, result);
  results_.clear();
  stage.needs_ggml_threads = CpuThreads::needs_ggml(stage.nodes);
  graph_.steps.push_back({.kind = Step::Kind::kCompute, .stage = graph_.stages.size()});
  graph_.stages.push_back(std::move(stage));
}

void StageWriter::put(ggml_tensor* result, Slot slot) {
  attach(result, exchange_.on(device_).slot(slot));
  // Backends that join operators keep what is needed outside.
  ggml_set_output(result);
  compute(result);
}

ggml_tensor* StageWriter::take(Slot slot, int columns) {
  const ggml_tensor* wire = exchange_.on(device_).slot(slot);
  ggml_tensor* leaf = ggml_new_tensor_2d(graph_.context.get(), wire->type, wire->ne[0], columns);
  attach(leaf, wire);
  return leaf;
}

ggml_tensor* StageWriter::input(ggml_tensor*& known, ggml_tensor* wire, std::int64_t columns,
                                std::int64_t rows) const {
  if (known != nullptr) return known;
  known = ggml_new_tensor_2d(graph_.context.get(), wire->type, columns, rows);
  attach(known, wire);
  return known;
}

ggml_tensor* StageWriter::tokens() {
  return input(inputs_.tokens, exchange_.on(device_).tokens, graph_.shape.tokens, 1);
}

ggml_tensor* StageWriter::positions() {
  return input(inputs_.positions, exchange_.on(device_).positions, graph_.shape.tokens, 1);
}

ggml_tensor* StageWriter::rows() {
  return input(inputs_.rows, exchange_.on(device_).rows, graph_.shape.tokens, 1);
}

ggml_tensor* StageWriter::mask() {
  return input(inputs_.mask, exchange_.on(device_).mask, graph_.shape.kv_length, graph_.shape.tokens);
}

ggml_tensor* StageWriter::cells() {
  ggml_tensor* wire = exchange_.on(device_).cells;
  return input(inputs_.cells, wire, graph_.shape.apart ? wire->ne[0] : graph_.shape.kv_length, 1);
}

ggml_tensor* StageWriter::starts() {
  return input(inputs_.starts, exchange_.on(device_).starts, graph_.shape.tokens, 1);
}

void StageWriter::upload(Slot from, Slot to, int columns) {
  graph_.steps.push_back({.kind = Step::Kind::kUpload, .from = from, .to = to, .columns = columns});
}

void StageWriter::download(Slot from, Slot to, int columns) {
  graph_.steps.push_back({.kind = Step::Kind::kDownload, .from = from, .to = to, .columns = columns});
}

void StageWriter::wait() { graph_.steps.push_back({.kind = Step::Kind::kWait}); }

}  // namespace hotset
