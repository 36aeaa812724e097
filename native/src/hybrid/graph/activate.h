// The operators of a feed-forward block up to its activations.
#pragma once

#include <ggml.h>

#include "gguf/model_file.h"
#include "hybrid/weights/weights.h"

namespace hotset {

/// normed: F32 [embedding, tokens]. Returns F32 [neurons, tokens]. of_gate: where not null, set for SiLU
/// models to a tensor that begins with gate's product.
ggml_tensor* activate(ggml_context* context, Activation activation, const FeedForwardWeights& weights,
                      ggml_tensor* normed, ggml_tensor** of_gate = nullptr);

}  // namespace hotset
