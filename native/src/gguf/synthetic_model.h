// Writes GGUF models with random weights: what tests and benchmarks run where no real model has the wanted
// shape.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "gguf/model_file.h"

namespace hotset {

struct SyntheticModel {
  std::string architecture = "llama";  ///< one that find_architecture() knows
  Activation activation = Activation::kSilu;
  int layers = 2;
  int embedding_length = 128;
  int feed_forward_length = 256;
  int heads = 4;
  int kv_heads = 2;
  int key_length = 0;  ///< of a head, values too; 0: embedding_length / heads
  int vocabulary_size = 256;
  int context_length = 1024;
  ggml_type type = GGML_TYPE_F16;      ///< of the matrices; norms and biases are F32
  std::optional<ggml_type> down_type;  ///< of `ffn_down`, where it differs
  bool joined_qkv = false;             ///< true: query, key and value are one matrix
  bool tied_head = false;     ///< true: the token embedding is the output matrix too, as it always is of some
  bool rope_factors = false;  ///< true: a `rope_freqs.weight` as Llama 3 has
  bool long_rope_factors = false;  ///< true: one for short and one for long contexts, as Phi 3 has
  RopeParameters rope;             ///< dimensions: 0 for the head's length
  std::uint64_t seed = 1;
};

/// Writes the model to `path`. The same description gives the same bytes on every machine. The file has no
/// tokenizer
/// (`tokenizer.ggml.model` = "none"), and libllama loads it.
/// Precondition: heads divides embedding_length where key_length is 0, kv_heads divides heads, and the rows
/// of all matrices are multiples of the type's block size. Throws Error kBadInput where the file cannot be
/// written.
void write_synthetic_model(const SyntheticModel& description, const std::filesystem::path& path);

}  // namespace hotset
