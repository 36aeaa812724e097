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
#include "neurons/neuron_sample.h"
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

  /// Looks at neurons' magnitudes and masses on `text`. Returns false when cancelled.
  bool calibrate(std::span<const Token> text, const CancelFlag& cancel);

  /// Counts the active neurons of every token of `text`, of a first part of it when cancelled: it returns
  /// false then. Throws Error kBadInput where calibration is needed and missing.
  bool count(std::span<const Token> text, const CancelFlag& cancel);

  /// What was counted so far. corpus: named in the profile, for people.
  Profile profile(const std::string& corpus) const;

 private:
  /// What calibrate() sees of a layer.
  struct Calibration {
    NeuronSample sample;
    std::vector<float> down_lengths;  ///< [neurons]
    std::vector<double> magnitudes;   ///< [neurons], |silu(gate)|, summed over tokens
    std::vector<double> masses;       ///< [neurons], likewise
  };

  /// [layers]
  std::vector<float> thresholds() const;
  static void add_curves(const Calibration& calibration, Profile& profile);

  ModelFile file_;
  int window_;
  int threads_;
  double sparsity_;
  ActivationRecorder recorder_;
  std::vector<Calibration> calibrations_;  ///< [layers]; empty but for SiLU models
  ActivityCounter counter_;
};

}  // namespace hotset
