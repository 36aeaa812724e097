#include "decode/hybrid_description.h"

#include <numeric>

#include "decode/model_bytes.h"

namespace hotset {
namespace {

double hot_share(const HybridParts& parts, const ModelFile& model) {
  if (!parts.sparse) return 1.0;
  double hot = 0.0;
  for (const LayerSplit& split : parts.layout.splits) hot += split.hot;
  return hot / model.layers / model.feed_forward_length;
}

double gpu_share(const Placement& placement, const ModelFile& model) {
  const double neurons =
      std::accumulate(placement.layers.begin(), placement.layers.end(), 0.0,
                      [](double sum, const LayerPlacement& layer) { return sum + layer.hot_on_gpu; });
  return neurons / model.layers / model.feed_forward_length;
}

void describe_bytes(const SparseBlock* sparse, const ModelFile& model, DecoderDescription& description) {
  if (sparse == nullptr) {
    description.gate_bytes = gate_bytes(model);
    description.up_down_bytes = feed_forward_bytes(model) - description.gate_bytes;
    return;
  }
  description.gate_bytes = sparse->gate_bytes();
  description.up_down_bytes = sparse->up_down_bytes();
  if (const Predictor* predictor = sparse->predictor()) {
    description.predictor = predictor->name();
    description.predictor_bytes = predictor->bytes();
  }
}

void describe_gpu(const HybridParts& parts, const ModelFile& model, DecoderDescription& description) {
  description.device = ggml_backend_dev_description(parts.gpu->device());
  description.gpu_bytes = parts.weights->gpu_bytes() + parts.cache->gpu_bytes() + parts.executor->gpu_bytes();
  description.gpu_share = gpu_share(parts.layout.placement, model);
  description.attention_layers_on_gpu = parts.attention_layers_on_gpu();
  description.head_on_gpu = parts.layout.head() == Device::kGpu;
}

}  // namespace

void describe_parts(const HybridParts& parts, const ModelFile& model, DecoderDescription& description) {
  description.hot_share = hot_share(parts, model);
  describe_bytes(parts.sparse.get(), model, description);
  const HeadNode* head = parts.products ? parts.products->choice() : nullptr;
  if (head != nullptr) description.head_bytes_left_out = head->bytes_left_out();
  if (parts.gpu) describe_gpu(parts, model, description);
}

}  // namespace hotset
