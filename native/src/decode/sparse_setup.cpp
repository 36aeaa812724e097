#include "decode/sparse_setup.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "decode/memory_check.h"
#include "decode/model_bytes.h"
#include "error.h"
#include "gguf/mapped_file.h"
#include "hybrid/prediction/learned_predictor.h"
#include "hybrid/prediction/sign_predictor.h"
#include "hybrid/sparse/sparse_feed_forward.h"
#include "hybrid/support.h"
#include "hybrid/weights/neuron_cache_store.h"
#include "runtime/available_memory.h"
#include "runtime/log.h"

namespace hotset {
namespace {

[[noreturn]] void refuse_profile(const ModelFile& model, const std::string& lacks) {
  throw Error(ErrorKind::kBadInput,
              model.path.string() + ": thresholded mode takes its thresholds from a profile, and there is " +
                  lacks + "; run hotset profile");
}

bool needs_mass(const Threshold& threshold) {
  return threshold.by == Threshold::By::kMass || threshold.by == Threshold::By::kDynamicMass;
}

ThresholdPolicy thresholds_of(const ModelFile& model, const HybridOptions& options,
                              const std::optional<Profile>& profile) {
  const auto layers = static_cast<std::size_t>(model.layers);
  if (options.mode != Mode::kThresholded || is_per_token(options.threshold)) {
    return ThresholdPolicy(std::vector<float>(layers));
  }
  const std::string name = name_of(options.selection);
  if (!profile || profile->curves_of(options.selection).size() != layers) {
    refuse_profile(model, "none with quantiles of this model's neurons for the selection " + name);
  }
  const std::vector<SelectionCurve>& curves = profile->curves_of(options.selection);
  const bool knows_mass =
      std::ranges::none_of(curves, [](const SelectionCurve& curve) { return curve.left_out.empty(); });
  if (needs_mass(options.threshold) && !knows_mass) {
    refuse_profile(model, "none that knows the mass of this model's neurons");
  }
  return {curves, options.threshold};
}

std::vector<std::vector<float>> gate_weights_of(const ModelFile& model, const HybridOptions& options,
                                                const std::optional<Profile>& profile) {
  if (options.mode != Mode::kThresholded || options.selection != Selection::kWeighted) return {};
  if (profile->gate_weights.size() != static_cast<std::size_t>(model.layers)) {
    refuse_profile(model, "none with weights of this model's gates");
  }
  return profile->gate_weights;
}

NeuronOrders orders_of(const std::vector<LayerSplit>& splits) {
  NeuronOrders orders;
  orders.reserve(splits.size());
  for (const LayerSplit& split : splits) orders.push_back(split.order);
  return orders;
}

/// Null, with a warning, where the file beside the model does not fit.
std::unique_ptr<Predictor> read_beside(const ModelFile& model, const std::filesystem::path& path,
                                       const std::vector<LayerSplit>& splits) {
  try {
    return std::make_unique<LearnedPredictor>(PredictorFile::read(path, model), splits);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kOutOfMemory) throw;
    log(LogLevel::kWarn, std::string(error.what()) + " (running in exact mode, without a predictor)");
    return nullptr;
  }
}

/// Null where exact mode has to do.
std::unique_ptr<Predictor> make_predictor(const ModelFile& model, const HybridOptions& options,
                                          const std::vector<LayerSplit>& splits, KernelChoice kernel) {
  if (options.predictor != PredictorChoice::kSign) {
    if (options.predictors) return read_beside(model, *options.predictors, splits);
    if (PredictorFile::has_predictors(model)) {
      return std::make_unique<LearnedPredictor>(PredictorFile::of_model(model), splits);
    }
    if (options.predictor == PredictorChoice::kLearned) {
      throw Error(ErrorKind::kBadInput, model.path.string() +
                                            ": has no learned predictors; run hotset profile "
                                            "--train-predictors or choose the predictor sign");
    }
  }
  return std::make_unique<SignPredictor>(model, MappedFile(model.path).bytes(), splits, kernel);
}

}  // namespace

bool selects_downs(const HybridOptions& options) {
  return options.mode == Mode::kThresholded && options.selection == Selection::kProduct;
}

namespace {

using Refuse = std::function<void(const std::string& why)>;

void require_threshold_fits(const HybridOptions& options, const Refuse& refuse) {
  if (is_per_token(options.threshold) && options.selection != Selection::kProduct) {
    refuse("finds a threshold for every token by the masses of all neurons: choose the selection product");
  }
  const bool moves =
      options.threshold.by == Threshold::By::kDynamicMass || options.threshold.by == Threshold::By::kEntropy;
  if (moves && options.selection == Selection::kWeighted) {
    refuse("by weighted gates has thresholds that stay: choose the selection gate or product");
  }
}

}  // namespace

void require_mode_fits(const ModelFile& model, const HybridOptions& options) {
  const Mode mode = options.mode;
  if (mode == Mode::kDense) return;
  const bool zeros = has_exact_zeros(model.activation);
  const auto refuse = [&](const std::string& why) {
    throw Error(ErrorKind::kBadInput, model.path.string() + ": " + mode_name(mode) + " mode " + why);
  };
  if (const auto obstacle = neuron_obstacle(model)) {
    refuse("leaves neurons out, but " + *obstacle + "; choose the mode dense");
  }
  if (mode != Mode::kThresholded && !zeros) {
    refuse(
        "needs a model with ReLU activations, whose neurons are exactly zero when they do not fire; "
        "choose the mode dense or thresholded");
  }
  if (mode == Mode::kThresholded && zeros) {
    refuse("is for models with SiLU activations; choose the mode exact or dense");
  }
  if (mode == Mode::kThresholded) require_threshold_fits(options, refuse);
  if (selects_downs(options) && options.placement) {
    refuse("by product computes everything on the CPU; choose the GPU budget 0 or the selection gate");
  }
}

std::optional<Profile> read_profile(const ModelFile& model,
                                    const std::optional<std::filesystem::path>& path) {
  if (!path) return std::nullopt;
  try {
    return Profile::read(*path, model);
  } catch (const Error& error) {
    log(LogLevel::kWarn, std::string(error.what()) + " (running without a profile)");
    return std::nullopt;
  }
}

std::vector<LayerSplit> split_layers(const ModelFile& model, const std::optional<Profile>& profile,
                                     double hot_threshold) {
  std::vector<LayerSplit> splits;
  splits.reserve(static_cast<std::size_t>(model.layers));
  for (int layer = 0; layer < model.layers; ++layer) {
    splits.push_back(
        profile ? split_by_frequency(profile->frequencies[static_cast<std::size_t>(layer)], hot_threshold)
                : all_cold(model.feed_forward_length));
  }
  return splits;
}

SparseSetup set_up_sparse(const ModelFile& model, const HybridOptions& options,
                          const std::optional<Profile>& profile, std::vector<LayerSplit> splits,
                          SelectedDown::Activations dense, const Progress& progress) {
  const KernelChoice kernel = resolve(options.kernel);
  SparseSetup setup{.block = nullptr, .mode = options.mode, .kernel = kernel_name(kernel)};
  ThresholdPolicy thresholds = thresholds_of(model, options, profile);
  if (selects_downs(options)) {
    setup.block = std::make_unique<SelectedDown>(model,
                                                 SelectedDown::Options{.thresholds = std::move(thresholds),
                                                                       .choice = options.threshold,
                                                                       .activations = std::move(dense),
                                                                       .input_bytes = gate_up_bytes(model),
                                                                       .kernel = kernel,
                                                                       .threads = options.threads},
                                                 progress);
    return setup;
  }
  SparseFeedForward::Options block{.thresholds = std::move(thresholds)};
  block.gate_weights = gate_weights_of(model, options, profile);
  if (options.mode == Mode::kPredicted) {
    block.predictor = make_predictor(model, options, splits, kernel);
    if (!block.predictor) setup.mode = Mode::kExact;
    const bool held = options.threshold.by == Threshold::By::kDynamicMass;
    if (block.predictor && held) block.predicted_mass = options.threshold.at;
  }
  // Two thirds of the time, should the cache have to be built.
  if (deserves_neuron_cache(model)) {
    block.cache = open_or_build_neuron_cache(model, orders_of(splits), options.threads,
                                             [&](double fraction) { progress(fraction * 2 / 3); });
  }
  block.copy_cache = block.cache && block.cache->size_bytes() + kLeftFree < available_memory();
  block.prompts = options.map_feed_forward;
  block.splits = std::move(splits);
  block.kernel = kernel;
  block.threads = options.threads;
  setup.block = std::make_unique<SparseFeedForward>(model, std::move(block),
                                                    [&](double fraction) { progress((2 + fraction) / 3); });
  return setup;
}

}  // namespace hotset
