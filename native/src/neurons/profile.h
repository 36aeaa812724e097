// How often each neuron of a model was active on a corpus: MODEL.profile.gguf.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "gguf/model_file.h"

namespace hotset {

struct Profile {
  std::string corpus;        ///< what the frequencies were counted on, for people
  std::uint64_t tokens = 0;  ///< how many were counted
  std::string model_sha256;  ///< hexadecimal, of the model's file
  /// [layers][neurons], each between 0 and 1.
  std::vector<std::vector<float>> frequencies;

  /// Reads `path` and checks that it has a frequency for every neuron of `model`. The model's hash is not
  /// compared: of a large file it takes longer than loading. Throws Error kBadInput (no such file), kBadModel
  /// (no profile, or one of another model).
  static Profile read(const std::filesystem::path& path, const ModelFile& model);
};

}  // namespace hotset
