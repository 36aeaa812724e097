// The caches that lie beside a small model: what is in them, and how they are read.
#pragma once

#include <numeric>

#include "beside_model.h"
#include "gguf/mapped_file.h"
#include "hybrid/products/packed_cache.h"
#include "hybrid/weights/neuron_cache.h"

namespace hotset::fuzz {

inline NeuronOrders orders_of(const ModelFile& model) {
  std::vector<int> order(static_cast<std::size_t>(model.feed_forward_length));
  std::iota(order.rbegin(), order.rend(), 0);
  return NeuronOrders(static_cast<std::size_t>(model.layers), order);
}

inline PackedPlan plan_of(const ModelFile& model) {
  PackedPlan plan(model);
  plan.add({"blk.0.attn_q.weight"}, false);
  plan.add({"blk.1.ffn_gate.weight", "blk.1.ffn_up.weight"}, true);
  return plan;
}

}  // namespace hotset::fuzz
