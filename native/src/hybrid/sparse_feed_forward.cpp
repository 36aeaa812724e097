#include "hybrid/sparse_feed_forward.h"

#include <array>

namespace hotset {
namespace {

const float* source(const ggml_tensor* tensor, int index) {
  return static_cast<const float*>(tensor->src[index]->data);
}

}  // namespace

SparseFeedForward::SparseFeedForward(const ModelFile& model, const Weights& weights,
                                     const std::vector<LayerSplit>& splits, KernelChoice kernel, int threads,
                                     const Progress& progress)
    : scratch_(static_cast<std::size_t>(threads), SparseScratch(model)) {
  for (int layer = 0; layer < model.layers; ++layer) {
    const LayerSplit& split = splits[static_cast<std::size_t>(layer)];
    nodes_.push_back(std::make_unique<Node>(SparseLayer(model, weights, layer, split, kernel), scratch_));
    progress(static_cast<double>(layer + 1) / model.layers);
  }
}

ggml_tensor* SparseFeedForward::build(ggml_context* context, int layer, ggml_tensor* normed,
                                      ggml_tensor* residual, ggml_tensor*& activations) {
  Node* node = nodes_[static_cast<std::size_t>(layer)].get();
  const std::int64_t neurons = node->layer.neurons();
  activations =
      ggml_custom_4d(context, GGML_TYPE_F32, neurons, 1, 1, 1, &normed, 1, activate, GGML_N_TASKS_MAX, node);
  std::array<ggml_tensor*, 2> sources = {activations, residual};
  return ggml_custom_4d(context, GGML_TYPE_F32, residual->ne[0], 1, 1, 1, sources.data(), 2, combine,
                        GGML_N_TASKS_MAX, node);
}

void SparseFeedForward::activate(ggml_tensor* activations, int thread, int threads, void* node) {
  auto& own = *static_cast<Node*>(node);
  own.layer.activate(source(activations, 0), static_cast<float*>(activations->data),
                     own.scratch[static_cast<std::size_t>(thread)], thread, threads);
}

void SparseFeedForward::combine(ggml_tensor* output, int thread, int threads, void* node) {
  auto& own = *static_cast<Node*>(node);
  own.layer.combine(source(output, 0), source(output, 1), static_cast<float*>(output->data),
                    own.scratch[static_cast<std::size_t>(thread)], thread, threads);
}

}  // namespace hotset
