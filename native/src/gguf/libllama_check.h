// What libllama ends the process on, whatever the architecture.
#pragma once

#include "gguf/metadata.h"
#include "gguf/model_file.h"

namespace hotset {

/// Throws Error kBadModel for tensors that are empty or of types that ggml does not compute with.
void check_weights(const ModelFile& model);

/// Throws Error kBadModel for experts, layers or an architecture that libllama asserts against.
/// Precondition: the model's sizes are read.
void check_for_libllama(const ModelFile& model, const Metadata& metadata);

}  // namespace hotset
