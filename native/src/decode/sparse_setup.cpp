#include "decode/sparse_setup.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "decode/memory_check.h"
#include "error.h"
#include "gguf/mapped_file.h"
#include "hybrid/prediction/learned_predictor.h"
#include "hybrid/prediction/sign_predictor.h"
#include "hybrid/support.h"
#include "hybrid/weights/neuron_cache_store.h"
#include "runtime/available_memory.h"
#include "runtime/log.h"

namespace hotset {
namespace {

/// The value that `rank` (between 0 and 1) of all are below, between the two nearest quantiles.
float quantile(const std::vector<float>& quantiles, double rank) {
  const double at = rank * static_cast<double>(quantiles.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const auto above = std::min(below + 1, quantiles.size() - 1);
  return std::lerp(quantiles[below], quantiles[above], static_cast<float>(at - std::floor(at)));
}

std::vector<ActivationRule> activation_rules(const ModelFile& model, const HybridOptions& options,
                                             const std::optional<Profile>& profile) {
  const auto layers = static_cast<std::size_t>(model.layers);
  if (options.mode != Mode::kThresholded) return {layers, ActivationRule(model.activation, 0.0F)};
  if (!profile || profile->gate_magnitude_quantiles.size() != layers) {
    throw Error(
        ErrorKind::kBadInput,
        model.path.string() +
            ": thresholded mode takes its thresholds from a profile, and there is none with quantiles "
            "of this model's gates; run hotset profile");
  }
  std::vector<ActivationRule> rules;
  for (const auto& quantiles : profile->gate_magnitude_quantiles) {
    rules.emplace_back(model.activation, quantile(quantiles, options.cold_sparsity));
  }
  return rules;
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

void require_mode_fits(const ModelFile& model, Mode mode) {
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
                          const Progress& progress) {
  const KernelChoice kernel = resolve(options.kernel);
  SparseSetup setup{.block = nullptr, .mode = options.mode, .kernel = kernel_name(kernel)};
  SparseFeedForward::Options block;
  block.rules = activation_rules(model, options, profile);
  if (options.mode == Mode::kPredicted) {
    block.predictor = make_predictor(model, options, splits, kernel);
    if (!block.predictor) setup.mode = Mode::kExact;
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
