// How often each neuron of a model was active on a corpus: MODEL.profile.gguf.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "gguf/model_file.h"
#include "neurons/selection_curve.h"

namespace hotset {

struct Profile {
  std::string corpus;        ///< what the frequencies were counted on, for people
  std::uint64_t tokens = 0;  ///< how many were counted
  std::string
      model_sha256;  ///< hexadecimal, of the model's file; empty in profiles that name its fingerprint
  std::string model_fingerprint;  ///< see model_fingerprint(); empty in older profiles
  /// Of SiLU models: a neuron counts as active where |silu(gate)| exceeds the layer's quantile of this rank,
  /// between 0 and 1. Of the ReLU family, whose inactive neurons are exactly zero: nullopt.
  std::optional<float> sparsity;
  /// [layers][neurons], each between 0 and 1.
  std::vector<std::vector<float>> frequencies;
  /// By index_of() the selection, [layers]; empty but for SiLU models, and in older profiles for all
  /// selections but the gate's.
  std::array<std::vector<SelectionCurve>, kSelections.size()> curves;
  /// [layers][neurons], by which Selection::kWeighted multiplies |silu(gate)|; empty where its curves are.
  std::vector<std::vector<float>> gate_weights;

  const std::vector<SelectionCurve>& curves_of(Selection selection) const {
    return curves[index_of(selection)];
  }

  /// Reads `path` and checks that it has a frequency for every neuron of `model`, and the model's fingerprint
  /// if any. The SHA-256 is not compared: of a large file it takes longer than loading. Throws Error
  /// kBadInput (no such file), kBadModel (no profile, or one of another model). A GPU index of PowerInfer's
  /// (see gpu_index.h) is a profile whose frequencies are 1 on the GPU and 0 elsewhere.
  static Profile read(const std::filesystem::path& path, const ModelFile& model);

  /// Writes `path` anew: a reader finds the old file or the new one, never half of one. Throws Error
  /// kBadInput where it cannot be written.
  void write(const std::filesystem::path& path) const;
};

}  // namespace hotset
