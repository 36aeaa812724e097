// Feed-forward blocks that compute only the neurons that fire, as custom nodes in a ggml graph: two for each
// layer, because ggml lets all threads finish a node before any begins the next.
#pragma once

#include <ggml.h>

#include <memory>
#include <utility>
#include <vector>

#include "hybrid/sparse_layer.h"

namespace hotset {

class SparseFeedForward {
 public:
  /// splits: one for each layer. Throws as SparseLayer does. Precondition: has_exact_zeros(model.activation).
  SparseFeedForward(const ModelFile& model, const Weights& weights, const std::vector<LayerSplit>& splits,
                    KernelChoice kernel, int threads, const Progress& progress);

  /// A FeedForward as graph.h describes it. The graph must not outlive this.
  ggml_tensor* build(ggml_context* context, int layer, ggml_tensor* normed, ggml_tensor* residual,
                     ggml_tensor*& activations);

 private:
  /// What a node hands to the function that computes it; its address stays the same.
  struct Node {
    Node(SparseLayer of_layer, std::vector<SparseScratch>& of_threads)
        : layer(std::move(of_layer)), scratch(of_threads) {}

    SparseLayer layer;
    std::vector<SparseScratch>& scratch;
  };

  static void activate(ggml_tensor* activations, int thread, int threads, void* node);
  static void combine(ggml_tensor* output, int thread, int threads, void* node);

  std::vector<SparseScratch> scratch_;  ///< one for each thread
  std::vector<std::unique_ptr<Node>> nodes_;
};

}  // namespace hotset
