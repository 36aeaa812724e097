// The tensors that a dense llama or qwen2 transformer consists of, and their shapes.
#pragma once

#include "gguf/model_file.h"

namespace hotset {

/// Architecture `llama` or `qwen2` with one feed-forward block per layer, all layers alike: what our own
/// graph runs.
bool is_llama_family(const ModelFile& model);

/// Checks sizes against each other and every tensor against them.
/// Precondition: is_llama_family(model). Throws Error kBadModel naming the first key or tensor that is wrong.
void check_llama_layout(const ModelFile& model);

}  // namespace hotset
