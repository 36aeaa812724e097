// What a hybrid decoder is made of once its model is loaded, on the CPU alone or with a GPU.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "decode/hybrid_decoder.h"
#include "hybrid/attention/cached_attention.h"
#include "hybrid/graph/executor.h"
#include "hybrid/products/packed_products.h"
#include "hybrid/sparse/selected_down.h"
#include "hybrid/sparse/sparse_block.h"

namespace hotset {

/// Each refers to those before it.
struct HybridParts {
  Layout layout;
  std::unique_ptr<Gpu> gpu;  ///< null: the CPU alone
  std::unique_ptr<Weights> weights;
  std::unique_ptr<KvCache> cache;
  std::unique_ptr<PackedProducts> products;  ///< null: ggml's products
  std::unique_ptr<SparseBlock> sparse;       ///< null: dense
  std::unique_ptr<CachedAttention> attention;
  std::unique_ptr<Executor> executor;

  int attention_layers_on_gpu() const;
};

/// Activations of all neurons, by the products that the parts have. Both must outlive it.
SelectedDown::Activations dense_activations(const HybridParts& parts, const ModelFile& model);

/// What the executor computes steps with. The parts must outlive it.
ExecutorOptions executor_options(const HybridParts& parts, const ModelFile& model, int threads);

/// Throws Error kBadInput where the placement is not one of this model.
void require_placement_fits(const ModelFile& model, const Placement& placement);

/// Where everything lies on the CPU, with the splits it was given; what lies on the GPU counts as hot.
Layout cpu_layout(std::vector<LayerSplit> splits);
Layout placed_layout(std::vector<LayerSplit> splits, const Placement& placement, const Gpu& gpu);

}  // namespace hotset
