#include "decode/hybrid_parts.h"

#include <algorithm>

#include "error.h"
#include "hybrid/graph/activate.h"
#include "hybrid/support.h"
#include "hybrid/weights/gather.h"

namespace hotset {

int HybridParts::attention_layers_on_gpu() const {
  const auto& layers = layout.placement.layers;
  return static_cast<int>(std::count_if(layers.begin(), layers.end(),
                                        [](const LayerPlacement& layer) { return layer.attention_on_gpu; }));
}

SelectedDown::Activations dense_activations(const HybridParts& parts, const ModelFile& model) {
  return [&model, &weights = *parts.weights, products = parts.products.get()](
             ggml_context* context, int layer, const FeedForwardInput& input) {
    ggml_tensor* packed = products == nullptr ? nullptr : products->activations(context, layer, input);
    if (packed != nullptr) return packed;
    return activate(context, model.activation, weights.layers[static_cast<std::size_t>(layer)].rest,
                    input.normed, nullptr);
  };
}

ExecutorOptions executor_options(const HybridParts& parts, const ModelFile& model, int threads) {
  SparseBlock* sparse = parts.sparse.get();
  ExecutorOptions options{.threads = threads};
  options.few_tokens.keep_activations = sparse == nullptr && has_exact_zeros(model.activation);
  if (sparse != nullptr) {
    options.few_tokens.feed_forward = [sparse](auto&&... arguments) { return sparse->build(arguments...); };
    options.few_tokens.needs_hidden = sparse->needs_hidden();
    options.most_few = SparseBlock::kMostDraftTokens;
  }
  if (sparse != nullptr && sparse->serves_prompts()) {
    options.many_tokens.feed_forward = [sparse](auto&&... arguments) {
      return sparse->build_prompt(arguments...);
    };
    options.most_many = SparseBlock::kMostPromptTokens;
  }
  options.few_tokens.products = options.many_tokens.products = parts.products.get();
  options.many_tokens.attend = options.few_tokens.attend =
      [attention = parts.attention.get()](auto&&... arguments) { return attention->build(arguments...); };
  return options;
}

void require_placement_fits(const ModelFile& model, const Placement& placement) {
  if (placement.layers.size() != static_cast<std::size_t>(model.layers)) {
    throw Error(ErrorKind::kBadInput, "the placement has " + std::to_string(placement.layers.size()) +
                                          " layers, the model " + std::to_string(model.layers) +
                                          ": solve it for this model");
  }
  const bool whole =
      std::all_of(placement.layers.begin(), placement.layers.end(), [&](const LayerPlacement& layer) {
        const int hot = layer.hot_on_gpu;
        const bool fits = hot >= 0 && hot <= model.feed_forward_length;
        return fits && (hot % kGatherGranularity == 0 || hot == model.feed_forward_length);
      });
  if (whole) return;
  throw Error(ErrorKind::kBadInput, "hotNeurons must be multiples of " + std::to_string(kGatherGranularity) +
                                        " and at most the layer's " +
                                        std::to_string(model.feed_forward_length));
}

Layout cpu_layout(std::vector<LayerSplit> splits) {
  Layout layout;
  layout.splits = std::move(splits);
  return layout;
}

Layout placed_layout(std::vector<LayerSplit> splits, const Placement& placement, const Gpu& gpu) {
  Layout layout = cpu_layout(std::move(splits));
  layout.placement = placement;
  layout.gpu = gpu.memory();
  for (std::size_t layer = 0; layer < layout.splits.size(); ++layer) {
    LayerSplit& split = layout.splits[layer];
    split.on_gpu = placement.layers[layer].hot_on_gpu;
    split.hot = std::max(split.hot, split.on_gpu);
  }
  return layout;
}

}  // namespace hotset
