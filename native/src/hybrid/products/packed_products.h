// A model's dense products on the CPU over packed rows: attention's projections, gate and up, down and the
// head. The packed rows are the only copy that takes memory, once for all processes where they come from a
// packed cache: the file's own stay in its mapped pages, where embeddings are looked up.
#pragma once

#include <ggml.h>

#include <memory>
#include <vector>

#include "gguf/model_file.h"
#include "hybrid/placement/layout.h"
#include "hybrid/prediction/predictor.h"
#include "hybrid/products/head_node.h"
#include "hybrid/products/packed_cache.h"
#include "hybrid/products/product_node.h"
#include "hybrid/weights/weights.h"
#include "kernels/kernel_choice.h"
#include "progress.h"
#include "runtime/large_memory.h"

namespace hotset {

/// What each function builds is computed by one node or two; null where a matrix is not packed. The graph
/// must not outlive this. E embedding, Q = heads * head length, K = KV heads * head length, N neurons; all
/// tensors are F32, with the biases and scales that the model has.
class PackedProducts {
 public:
  /// Whether every product of the model can be packed.
  static bool can_pack_whole(const ModelFile& model);

  /// Packs what Weights left to it (Layout::packs). All but `progress` must outlive this. Throws
  /// std::bad_alloc and what `progress` throws.
  PackedProducts(const ModelFile& model, const Layout& layout, const Weights& weights, KernelChoice kernel,
                 int threads, const Progress& progress);

  /// hidden: [E, tokens], before the norm. Returns queries, keys and values, [Q + 2K, tokens].
  ggml_tensor* query_key_value(ggml_context* context, int layer, ggml_tensor* hidden) const;
  /// attended: [Q, tokens], residual: [E, tokens]. Returns the residual and what attention adds to it.
  ggml_tensor* attention_output(ggml_context* context, int layer, ggml_tensor* attended,
                                ggml_tensor* residual) const;
  /// Returns [N, tokens].
  ggml_tensor* activations(ggml_context* context, int layer, const FeedForwardInput& input) const;
  /// activations: [N, tokens], residual: [E, tokens] or null. Returns the residual and what the block adds.
  ggml_tensor* down(ggml_context* context, int layer, ggml_tensor* activations, ggml_tensor* residual) const;
  /// hidden: [E, tokens], before the norm. Returns logits, [vocabulary, tokens].
  ggml_tensor* head(ggml_context* context, ggml_tensor* hidden) const;
  /// The same for choosing the most probable token, of few tokens; null where the head has no planes.
  ggml_tensor* head_for_choice(ggml_context* context, ggml_tensor* hidden) const;
  /// See HeadNode: of the graph that was computed last, with such a head. Null where there is none.
  const HeadNode* choice() const { return choice_.get(); }

 private:
  class Packer;

  struct Layer {
    std::unique_ptr<ProductNode> query_key_value;
    std::unique_ptr<ProductNode> attention_output;
    std::unique_ptr<ProductNode> activations;            ///< of what is not normed yet
    std::unique_ptr<ProductNode> activations_of_normed;  ///< the same rows
    std::unique_ptr<ProductNode> down;
  };

  const Layer& at(int layer) const { return layers_[static_cast<std::size_t>(layer)]; }

  ProductTeam team_;
  // Of the rows, one of the two.
  std::unique_ptr<PackedCache> cache_;
  LargeMemory memory_;
  std::vector<Layer> layers_;
  std::unique_ptr<ProductNode> head_;
  std::unique_ptr<HeadNode> choice_;  ///< null: the head has no planes
};

}  // namespace hotset
