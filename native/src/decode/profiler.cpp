#include "decode/profiler.h"

#include <ggml.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "decode/memory_check.h"
#include "decode/thread_count.h"
#include "error.h"
#include "gguf/fingerprint.h"
#include "gguf/mapped_file.h"
#include "hybrid/support.h"
#include "hybrid/weights/neuron_arrangement.h"
#include "runtime/available_memory.h"
#include "runtime/processors.h"

namespace hotset {
namespace {

ModelFile open_file(const ProfilerOptions& options) {
  ModelFile file = ModelFile::open(options.path);
  auto obstacle = hybrid_obstacle(file);
  if (!obstacle) obstacle = neuron_obstacle(file);
  if (obstacle) {
    throw Error(ErrorKind::kBadModel, options.path.string() + ": this model cannot be profiled: " +
                                          *obstacle + "; choose another model");
  }
  return file;
}

/// The longest text, once the options are known to be sound.
int checked_window(const ProfilerOptions& options, const ModelFile& file) {
  if (options.window < 1) throw Error(ErrorKind::kBadInput, "window must be at least 1");
  if (options.threads < 0 || options.threads > GGML_MAX_N_THREADS) {
    throw Error(ErrorKind::kBadInput, "threads must lie between 0 and " + std::to_string(GGML_MAX_N_THREADS));
  }
  if (!(options.sparsity >= 0.0 && options.sparsity <= 1.0)) {
    throw Error(ErrorKind::kBadInput, "sparsity must lie between 0 and 1");
  }
  const int window = file.context_length > 0 ? std::min(options.window, file.context_length) : options.window;
  require_memory(file, {.context_length = window}, available_memory());
  return window;
}

/// |silu(gate)| of one token, into `magnitudes`.
void silu_magnitudes(std::span<const float> gate, std::vector<float>& magnitudes) {
  magnitudes.resize(gate.size());
  std::ranges::transform(gate, magnitudes.begin(),
                         [](float value) { return std::fabs(value / (1.0F + std::exp(-value))); });
}

float magnitude_of(const NeuronAtToken& seen) { return seen.magnitude; }

}  // namespace

Profiler::Profiler(const ProfilerOptions& options, const Progress& progress, const CancelFlag& cancel)
    : file_(open_file(options)),
      window_(checked_window(options, file_)),
      threads_(options.threads > 0 ? options.threads : choose_thread_count(file_.size_bytes, usable_cores())),
      sparsity_(options.sparsity),
      recorder_(file_, window_, threads_,
                [&](double fraction) {
                  if (cancel) throw Error(ErrorKind::kBadInput, "loading was given up");
                  progress(fraction);
                }),
      counter_(file_.layers, file_.feed_forward_length) {
  if (!needs_calibration()) return;
  const auto neurons = static_cast<std::size_t>(file_.feed_forward_length);
  const MappedFile weights(file_.path);
  for (int layer = 0; layer < file_.layers; ++layer) {
    calibrations_.push_back({.sample = {},
                             .down_lengths = down_lengths(file_, weights.bytes(), layer),
                             .magnitudes = std::vector<double>(neurons),
                             .masses = std::vector<double>(neurons)});
  }
}

bool Profiler::calibrate(std::span<const Token> text, const CancelFlag& cancel) {
  std::vector<float> magnitudes;
  return recorder_.run(text, cancel, [&](const LayerRecord& record) {
    Calibration& own = calibrations_[static_cast<std::size_t>(record.layer)];
    for (int token = 0; token < record.tokens; ++token) {
      silu_magnitudes(record.gate.of(token), magnitudes);
      const std::span<const float> activations = record.activations.of(token);
      for (std::size_t neuron = 0; neuron < magnitudes.size(); ++neuron) {
        const float mass = std::fabs(activations[neuron]) * own.down_lengths[neuron];
        own.magnitudes[neuron] += static_cast<double>(magnitudes[neuron]);
        own.masses[neuron] += static_cast<double>(mass);
        own.sample.add({.neuron = static_cast<int>(neuron), .magnitude = magnitudes[neuron], .mass = mass});
      }
    }
  });
}

bool Profiler::count(std::span<const Token> text, const CancelFlag& cancel) {
  const std::vector<float> thresholds = this->thresholds();
  std::vector<float> magnitudes;
  return recorder_.run(text, cancel, [&](const LayerRecord& record) {
    for (int token = 0; token < record.tokens; ++token) {
      const float threshold = thresholds[static_cast<std::size_t>(record.layer)];
      if (needs_calibration()) silu_magnitudes(record.gate.of(token), magnitudes);
      counter_.add(record.layer, needs_calibration() ? magnitudes : record.activations.of(token), threshold);
    }
  });
}

std::vector<float> Profiler::thresholds() const {
  std::vector<float> thresholds;
  if (!needs_calibration()) thresholds.assign(static_cast<std::size_t>(file_.layers), 0.0F);
  if (!needs_calibration()) return thresholds;
  for (const Calibration& calibration : calibrations_) {
    if (calibration.sample.empty()) throw Error(ErrorKind::kBadInput, "calibrate before counting");
    const SelectionCurve curve = calibration.sample.curve(magnitude_of);
    thresholds.push_back(threshold_of(curve, {.by = Threshold::By::kShare, .at = sparsity_}));
  }
  return thresholds;
}

void Profiler::add_curves(const Calibration& calibration, Profile& profile) {
  const std::size_t neurons = calibration.masses.size();
  std::vector<float> weights;
  weights.reserve(neurons);
  for (std::size_t neuron = 0; neuron < neurons; ++neuron) {
    const double magnitude = calibration.magnitudes[neuron];
    weights.push_back(magnitude > 0.0 ? static_cast<float>(calibration.masses[neuron] / magnitude) : 0.0F);
  }
  const auto add = [&](Selection selection, const auto& score) {
    profile.curves[index_of(selection)].push_back(calibration.sample.curve(score));
  };
  add(Selection::kGate, magnitude_of);
  add(Selection::kWeighted, [&](const NeuronAtToken& seen) {
    return seen.magnitude * weights[static_cast<std::size_t>(seen.neuron)];
  });
  add(Selection::kProduct, [](const NeuronAtToken& seen) { return seen.mass; });
  profile.gate_weights.push_back(std::move(weights));
}

Profile Profiler::profile(const std::string& corpus) const {
  Profile profile;
  profile.corpus = corpus;
  profile.tokens = counter_.tokens(file_.layers - 1);
  profile.model_fingerprint = model_fingerprint(file_);
  if (needs_calibration()) profile.sparsity = static_cast<float>(sparsity_);
  for (int layer = 0; layer < file_.layers; ++layer) {
    profile.frequencies.push_back(counter_.frequencies(layer));
    if (needs_calibration()) add_curves(calibrations_[static_cast<std::size_t>(layer)], profile);
  }
  return profile;
}

}  // namespace hotset
