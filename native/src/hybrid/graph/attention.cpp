#include "hybrid/graph/attention.h"

#include <cmath>

#include "hybrid/attention/cached_attention.h"

namespace hotset {

float attention_scale(const ModelFile& model) {
  return model.attention_scale != 0.0F ? model.attention_scale
                                       : 1.0F / std::sqrt(static_cast<float>(model.key_length));
}

Attention::Attention(const GraphParts& parts, const Graph& graph, StageWriter& stages, const Attend& attend)
    : model_(parts.model),
      weights_(parts.weights),
      cache_(parts.cache),
      attend_(attend),
      shape_(graph.shape),
      context_(graph.context.get()),
      stages_(stages),
      rope_(rope_settings(parts.model)) {}

const LayerWeights& Attention::weights_of(int layer) const {
  return weights_.layers[static_cast<std::size_t>(layer)];
}

ggml_tensor* Attention::store(int layer, ggml_tensor* normed) {
  return store(layer, project(weights_of(layer), normed));
}

ggml_tensor* Attention::store_joined(int layer, ggml_tensor* joined) { return store(layer, divide(joined)); }

ggml_tensor* Attention::store(int layer, const Projections& projections) {
  const LayerWeights& weights = weights_of(layer);
  write(cache_.keys(layer), rotate(normed(projections.key, weights.key_norm)));
  write(cache_.values(layer), projections.value);
  return normed(projections.query, weights.query_norm);
}

/// heads: [head length, heads, tokens]. norm: [head length], null: as they are.
ggml_tensor* Attention::normed(ggml_tensor* heads, ggml_tensor* norm) {
  if (norm == nullptr) return heads;
  return ggml_mul(context_, ggml_rms_norm(context_, heads, model_.norm_epsilon), norm);
}

ggml_tensor* Attention::attend(int layer, ggml_tensor* queries) {
  ggml_tensor* rotated = rotate(queries);
  if (attend_ && stages_.device() == Device::kCpu) {
    return attend_(context_, {.queries = rotated,
                              .keys = cache_.keys(layer),
                              .values = cache_.values(layer),
                              .positions = stages_.positions(),
                              .cells = stages_.cells(),
                              .starts = shape_.apart ? stages_.starts() : nullptr});
  }
  ggml_tensor* attended =
      ggml_flash_attn_ext(context_, ggml_permute(context_, rotated, 0, 2, 1, 3), stored(cache_.keys(layer)),
                          stored(cache_.values(layer)), stages_.mask(), attention_scale(model_), 0.0F, 0.0F);
  ggml_prec_set_acc(attended, GGML_PREC_F32);
  return ggml_reshape_2d(context_, attended, attended->ne[0] * attended->ne[1], shape_.tokens);
}

ggml_tensor* Attention::output(int layer, ggml_tensor* attended) {
  const LayerWeights& weights = weights_of(layer);
  return product(weights.attention_output, attended, weights.attention_output_bias);
}

Attention::Projections Attention::project(const LayerWeights& layer, ggml_tensor* normed) {
  if (layer.qkv != nullptr) return divide(product(layer.qkv, normed, layer.qkv_bias));
  return {.query = heads_of(product(layer.query, normed, layer.query_bias), model_.heads, 0),
          .key = heads_of(product(layer.key, normed, layer.key_bias), model_.kv_heads, 0),
          .value = heads_of(product(layer.value, normed, layer.value_bias), model_.kv_heads, 0)};
}

/// Queries, keys and values that lie one behind the other: [width of all, tokens].
Attention::Projections Attention::divide(ggml_tensor* joined) {
  const std::int64_t query_width = std::int64_t{model_.heads} * model_.key_length;
  const std::int64_t key_width = std::int64_t{model_.kv_heads} * model_.key_length;
  return {.query = heads_of(joined, model_.heads, 0),
          .key = heads_of(joined, model_.kv_heads, query_width),
          .value = heads_of(joined, model_.kv_heads, query_width + key_width)};
}

ggml_tensor* Attention::product(ggml_tensor* matrix, ggml_tensor* input, ggml_tensor* bias) {
  ggml_tensor* result = ggml_mul_mat(context_, matrix, input);
  return bias == nullptr ? result : ggml_add(context_, result, bias);
}

/// `heads` heads of a [width, tokens] matrix, starting at element `first`: [head length, heads, tokens].
ggml_tensor* Attention::heads_of(ggml_tensor* matrix, int heads, std::int64_t first) {
  const std::size_t element = ggml_element_size(matrix);
  return ggml_view_3d(context_, matrix, model_.key_length, heads, shape_.tokens,
                      element * static_cast<std::size_t>(model_.key_length), matrix->nb[1],
                      element * static_cast<std::size_t>(first));
}

ggml_tensor* Attention::rotate(ggml_tensor* heads) {
  return ggml_rope_ext(context_, heads, stages_.positions(), weights_.rope_factors(stages_.device()),
                       rope_.dimensions, rope_.mode, rope_.original_context_length, rope_.frequency_base,
                       rope_.frequency_scale, rope_.extrapolation_factor, rope_.attention_factor,
                       kYarnBetaFast, kYarnBetaSlow);
}

/// Writes heads [head length, KV heads, tokens] into their rows of `cache`.
void Attention::write(ggml_tensor* cache, ggml_tensor* heads) {
  // Rows of the cache: both inner dimensions become one, whatever lies between two tokens of the source.
  ggml_tensor* flat =
      ggml_view_2d(context_, heads, heads->ne[0] * heads->ne[1], shape_.tokens, heads->nb[2], 0);
  stages_.compute(ggml_set_rows(context_, cache, flat, stages_.rows()));
}

/// The first kv_length rows of `cache` as [head length, kv_length, KV heads].
ggml_tensor* Attention::stored(ggml_tensor* cache) {
  const std::size_t head_bytes = ggml_row_size(cache->type, model_.key_length);
  return ggml_view_3d(context_, cache, model_.key_length, shape_.kv_length, model_.kv_heads, cache->nb[1],
                      head_bytes, 0);
}

}  // namespace hotset
