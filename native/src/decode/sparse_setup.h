// From options and profile to feed-forward blocks that compute only the neurons that fire.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "decode/hybrid_decoder.h"
#include "hybrid/sparse/sparse_feed_forward.h"
#include "neurons/profile.h"

namespace hotset {

/// Throws Error kBadInput where the mode is not for models of this activation.
void require_mode_fits(const ModelFile& model, Mode mode);

/// The profile, or none where it is not the model's, with a warning: every neuron is then cold, which is
/// slower and as right.
std::optional<Profile> read_profile(const ModelFile& model, const std::optional<std::filesystem::path>& path);

/// One for each layer: ordered by frequency, hot from θ on; all cold without a profile.
std::vector<LayerSplit> split_layers(const ModelFile& model, const std::optional<Profile>& profile,
                                     double hot_threshold);

struct SparseSetup {
  std::unique_ptr<SparseFeedForward> block;
  Mode mode;  ///< exact where predicted was asked for and the predictors do not fit the model
  std::string kernel;
};

/// Throws Error: kBadInput (thresholded without the profile's quantiles), kBadModel (weights or predictors in
/// the model's own file that do not fit), kOutOfMemory. Precondition: require_mode_fits(), not Mode::kDense.
SparseSetup set_up_sparse(const ModelFile& model, const HybridOptions& options,
                          const std::optional<Profile>& profile, std::vector<LayerSplit> splits,
                          const Progress& progress);

}  // namespace hotset
