// Profiles a model: runs text through it, dense, and counts which neurons are active.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "decode/activation_recorder.h"
#include "gguf/model_file.h"
#include "neurons/activity_counter.h"
#include "neurons/magnitude_sample.h"
#include "neurons/profile.h"

namespace hotset {

struct ProfilerOptions {
  std::filesystem::path path;
  int window = 512;  ///< longest text, in tokens; capped by what the model was trained for
  int threads = 0;   ///< 0: see choose_thread_count()
  /// Of SiLU models, whose activations are never zero: the share of neurons of a layer that counts as not
  /// active, between 0 and 1. It sets each layer's threshold.
  double sparsity = 0.5;
};

class Profiler {
 public:
  /// `cancel` ends loading with Error kBadInput. Throws Error as open_model() does, and kBadModel where the
  /// hybrid decoder cannot run the model.
  Profiler(const ProfilerOptions& options, const Progress& progress, const CancelFlag& cancel);

  const ModelFile& file() const { return file_; }
  ActivationRecorder& recorder() { return recorder_; }
  int window() const { return window_; }
  int threads() const { return threads_; }

  /// Whether thresholds have to be found by calibrate() before count(): in SiLU models.
  bool needs_calibration() const { return file_.activation == Activation::kSilu; }

  /// Looks at the magnitudes of |silu(gate)| on `text`. Returns false when cancelled.
  bool calibrate(std::span<const Token> text, const CancelFlag& cancel);

  /// Counts the active neurons of every token of `text`, of a first part of it when cancelled: it returns
  /// false then. Throws Error kBadInput where calibration is needed and missing.
  bool count(std::span<const Token> text, const CancelFlag& cancel);

  /// What was counted so far. corpus: named in the profile, for people.
  Profile profile(const std::string& corpus) const;

 private:
  /// [layers]
  std::vector<float> thresholds() const;

  ModelFile file_;
  int window_;
  int threads_;
  double sparsity_;
  ActivationRecorder recorder_;
  std::vector<MagnitudeSample> magnitudes_;  ///< [layers]
  ActivityCounter counter_;
};

}  // namespace hotset
