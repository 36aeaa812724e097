// libllama's context: KV cache and compute buffers of one model.
#pragma once

#include <llama.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "decode/llama_model.h"

namespace hotset {

struct FreeLlamaContext {
  void operator()(llama_context* context) const { llama_free(context); }
};
using LlamaContextHandle = std::unique_ptr<llama_context, FreeLlamaContext>;

/// Tokens of a prompt that are computed at once.
std::size_t chunk_length(const LlamaGpu& gpu);

/// Sequences that a context of the model can hold: a recurrent state has no parts to be shared.
int most_sequences(const llama_model* model);

/// For `context_length` tokens in all sequences together. Throws Error: kBadModel where the model is no
/// decoder of text, kOutOfMemory where the KV cache cannot be had.
LlamaContextHandle make_llama_context(llama_model* model, int context_length, int threads,
                                      const LlamaGpu& gpu);

/// Bytes of weights, KV cache and compute buffers on `device`; of a model loaded for its sizes, what they
/// would be.
std::uint64_t allocated_on(ggml_backend_dev_t device, const llama_context* context);

}  // namespace hotset
