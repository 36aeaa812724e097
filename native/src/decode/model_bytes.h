// How many bytes of a model are what: for the memory it needs, and for what decoding one token reads.
#pragma once

#include <ggml.h>

#include <cstdint>

#include "gguf/model_file.h"

namespace hotset {

/// Of all gate, up and down matrices.
std::uint64_t feed_forward_bytes(const ModelFile& file);

/// Of one layer's.
std::uint64_t feed_forward_bytes(const ModelFile& file, int layer);

/// Of all gate matrices.
std::uint64_t gate_bytes(const ModelFile& file);

/// Of all gate and up matrices.
std::uint64_t gate_up_bytes(const ModelFile& file);

/// Of everything in one layer.
std::uint64_t layer_bytes(const ModelFile& file, int layer);

/// Of predictors in the model's own file, which predicted mode alone reads.
std::uint64_t own_predictor_bytes(const ModelFile& file);

/// Of tensors of which a token reads one row only: the token embeddings, unless they are the output matrix
/// too and so read as a whole.
std::uint64_t looked_up_bytes(const ModelFile& file);

/// Keys and values of all layers for one token, in the KV cache's type.
std::uint64_t cache_bytes_per_token(const ModelFile& file, ggml_type type);

}  // namespace hotset
