// A small model that files beside it are read for.
#pragma once

#include "../harness.h"
#include "gguf/synthetic_model.h"

namespace hotset::fuzz {

inline SyntheticModel small_model() {
  SyntheticModel description;
  description.activation = Activation::kRelu;
  description.layers = 2;
  description.embedding_length = 32;
  description.feed_forward_length = 32;
  description.heads = 2;
  description.kv_heads = 1;
  description.vocabulary_size = 32;
  description.context_length = 128;
  description.type = GGML_TYPE_Q8_0;
  return description;
}

/// Written once a process.
inline const ModelFile& model_beside() {
  static const ModelFile model = [] {
    const auto path = scratch_folder() / "model.gguf";
    write_synthetic_model(small_model(), path);
    return ModelFile::open(path);
  }();
  return model;
}

}  // namespace hotset::fuzz
