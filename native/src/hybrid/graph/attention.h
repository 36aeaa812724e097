// The operators of attention: one layer's block without its norm and its residual.
#pragma once

#include <cstdint>

#include "hybrid/attention/rope.h"
#include "hybrid/graph/graph.h"
#include "hybrid/graph/stages.h"

namespace hotset {

/// What the products of queries and keys are multiplied by.
float attention_scale(const ModelFile& model);

class Attention {
 public:
  /// Adds to `graph`, in the open stage of `stages`. All of them must outlive this.
  /// attend: of attention over the cache on the CPU, empty: ggml's.
  Attention(const GraphParts& parts, const Graph& graph, StageWriter& stages, const Attend& attend);

  /// Lets the stage write keys and values of normed [embedding, tokens] into the KV cache. Returns the
  /// queries, [head length, heads, tokens].
  ggml_tensor* store(int layer, ggml_tensor* normed);

  /// The same from queries, keys and values that are there already, one behind the other: [all of them,
  /// tokens].
  ggml_tensor* store_joined(int layer, ggml_tensor* joined);

  /// The mean of the stored values that the queries attend to: [heads * head length, tokens].
  ggml_tensor* attend(int layer, ggml_tensor* queries);

  /// attended: [heads * head length, any]. Returns [embedding, any].
  ggml_tensor* output(int layer, ggml_tensor* attended);

 private:
  struct Projections {
    ggml_tensor* query;  ///< each [head length, heads, tokens]
    ggml_tensor* key;
    ggml_tensor* value;
  };

  const LayerWeights& weights_of(int layer) const;
  ggml_tensor* store(int layer, const Projections& projections);
  Projections project(const LayerWeights& layer, ggml_tensor* normed);
  Projections divide(ggml_tensor* joined);
  ggml_tensor* product(ggml_tensor* matrix, ggml_tensor* input, ggml_tensor* bias);
  ggml_tensor* heads_of(ggml_tensor* matrix, int heads, std::int64_t first);
  ggml_tensor* normed(ggml_tensor* heads, ggml_tensor* norm);
  ggml_tensor* rotate(ggml_tensor* heads);
  void write(ggml_tensor* cache, ggml_tensor* heads);
  ggml_tensor* stored(ggml_tensor* cache);

  const ModelFile& model_;
  const Weights& weights_;
  const KvCache& cache_;
  const Attend& attend_;
  const GraphShape& shape_;
  ggml_context* context_;
  StageWriter& stages_;
  RopeSettings rope_;
};

}  // namespace hotset
