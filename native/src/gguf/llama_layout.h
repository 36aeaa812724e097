// The tensors that a dense transformer of the architectures in gguf/architecture.h consists of, and their
// shapes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gguf/model_file.h"

namespace hotset {

/// An architecture in our list with one feed-forward block per layer, all layers alike: what our own graph
/// runs.
bool is_llama_family(const ModelFile& model);

/// Precondition: is_llama_family(model).
const Architecture& architecture_of(const ModelFile& model);

/// Names the factors of the rotary embedding (RopeParameters::factors) for a context of so many tokens, as
/// libllama chooses them. Precondition: is_llama_family(model).
void choose_rope_factors(ModelFile& model, int context_length);

/// Where gate and up are one tensor, replaces it by two that lie one behind the other.
/// Precondition: is_llama_family(model).
void divide_gate_up(ModelFile& model);

struct ExpectedTensor {
  std::string name;
  std::vector<std::int64_t> shape;  ///< ggml's ne without the trailing ones; vectors are F32
  bool required;
};

/// All tensors that our graph reads. Precondition: is_llama_family(model).
std::vector<ExpectedTensor> expected_tensors(const ModelFile& model);

/// Checks sizes against each other and every tensor against them.
/// Precondition: is_llama_family(model). Throws Error kBadModel naming the first key or tensor that is wrong.
void check_llama_layout(const ModelFile& model);

}  // namespace hotset
