// Which models and modes our own graph runs; every other model is libllama's.
#pragma once

#include <optional>
#include <string>

#include "gguf/model_file.h"

namespace hotset {

/// Why the hybrid decoder cannot run `model`, as the rest of a sentence that begins with "the hybrid decoder
/// cannot run this model: "; nullopt where it can.
std::optional<std::string> hybrid_obstacle(const ModelFile& model);

/// Whether the activation leaves neurons at exactly zero, which the exact mode lives on.
bool has_exact_zeros(Activation activation);

}  // namespace hotset
