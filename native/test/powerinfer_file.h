// Writes models in PowerInfer's format, and what llama.cpp's format makes of the very same weights.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "gguf/synthetic_model.h"

namespace hotset::test {

/// The random model that `description` says, twice: as PowerInfer's file, with ffn_down_t in
/// description.type, and as a plain GGUF whose ffn_down holds the same values in F32 (in F16 where ffn_down_t
/// is F16). Both have a tokenizer. architecture: of PowerInfer's file, whose activation it implies.
void write_powerinfer_pair(const SyntheticModel& description, const std::string& architecture,
                           const std::filesystem::path& powerinfer, const std::filesystem::path& plain);

/// The same for the weights of a model that is there already, with ffn_down_t in `down_type`.
void write_powerinfer_pair(const ModelFile& model, ggml_type down_type, const std::string& architecture,
                           const std::filesystem::path& powerinfer, const std::filesystem::path& plain);

/// Replaces the first four bytes.
void set_magic(const std::filesystem::path& path, const std::string& magic);

/// A GPU index as PowerInfer's solver writes it: the numbers in each layer's bucket, ascending.
void write_gpu_index(const std::filesystem::path& path, const std::vector<std::vector<int>>& buckets,
                     int neurons);

}  // namespace hotset::test
