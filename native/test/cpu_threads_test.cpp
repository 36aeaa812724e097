// Which threads compute a stage: ggml's where it multiplies itself, else a team, with the same parts.
#include "hybrid/graph/cpu_threads.h"

#include <doctest/doctest.h>
#include <ggml.h>

#include <algorithm>
#include <vector>

#include "runtime/backends.h"
#include "runtime/node_parts.h"

namespace {

using hotset::CpuThreads;

constexpr int kThreads = 3;

/// Each part writes its number where it stands.
void number_parts(ggml_tensor* node, int part, int threads, void* /*self*/) {
  if (part < threads) static_cast<float*>(node->data)[part] = static_cast<float>(part + 10 * threads);
}

bool is_cancelled(void* flag) { return *static_cast<const bool*>(flag); }

struct Nodes {
  hotset::ContextHandle context = hotset::make_context(16);
  hotset::ContextHandle of_graph{ggml_init({ggml_graph_overhead(), nullptr, true})};
  ggml_cgraph* graph = ggml_new_graph(of_graph.get());
  hotset::BackendHandle backend{ggml_backend_dev_init(hotset::cpu_backend().device, nullptr)};
  hotset::BufferHandle memory;

  void expand(ggml_tensor* result) {
    ggml_build_forward_expand(graph, result);
    memory.reset(ggml_backend_alloc_ctx_tensors(context.get(), backend.get()));
  }
  ggml_tensor* input(int columns) const {
    return ggml_new_tensor_2d(context.get(), GGML_TYPE_F32, kThreads, columns);
  }
  ggml_tensor* numbered(ggml_tensor* source) const {
    return ggml_custom_4d(context.get(), GGML_TYPE_F32, kThreads, 1, 1, 1, &source, 1,
                          hotset::in_parts<number_parts>, GGML_N_TASKS_MAX, nullptr);
  }
};

}  // namespace

TEST_CASE("cpu threads: a node of our own is computed in as many parts by a team as by ggml's threads") {
  bool cancelled = false;
  CpuThreads threads(kThreads, is_cancelled, &cancelled);
  Nodes nodes;
  ggml_tensor* node = nodes.numbered(nodes.input(1));
  nodes.expand(node);
  CHECK_FALSE(CpuThreads::needs_ggml(nodes.graph));
  for (const bool by_ggml : {false, true, false}) {
    CAPTURE(by_ggml);
    auto* values = static_cast<float*>(node->data);
    std::fill_n(values, kThreads, 0.0F);
    CHECK(threads.compute(nodes.graph, by_ggml) == GGML_STATUS_SUCCESS);
    CHECK(std::vector<float>(values, values + kThreads) == std::vector<float>{30.0F, 31.0F, 32.0F});
  }
}

TEST_CASE("cpu threads: stages with products of ggml's need its threads") {
  Nodes nodes;
  nodes.expand(nodes.numbered(ggml_mul_mat(nodes.context.get(), nodes.input(2), nodes.input(1))));
  CHECK(CpuThreads::needs_ggml(nodes.graph));
}

TEST_CASE("cpu threads: a cancelled stage says so, whoever computes it") {
  bool cancelled = true;
  CpuThreads threads(kThreads, is_cancelled, &cancelled);
  Nodes nodes;
  nodes.expand(nodes.numbered(nodes.input(1)));
  for (const bool by_ggml : {false, true}) {
    CHECK(threads.compute(nodes.graph, by_ggml) == GGML_STATUS_ABORTED);
  }
}
