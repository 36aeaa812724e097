// Whether a model fits before it is loaded: a machine that swaps, or a process that is killed, tells nobody
// why.
#pragma once

#include <cstdint>

#include "gguf/model_file.h"

namespace hotset {

/// Bytes of a KV cache of `context_length` tokens in half precision.
std::uint64_t kv_cache_size(const ModelFile& file, int context_length);

/// Throws Error kOutOfMemory, naming both figures, where weights, KV cache and working memory exceed
/// `available` bytes.
void require_memory(const ModelFile& file, int context_length, std::uint64_t available);

}  // namespace hotset
