// From options and profile to feed-forward blocks that compute only the neurons that fire.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "decode/hybrid_decoder.h"
#include "hybrid/sparse/selected_down.h"
#include "hybrid/sparse/sparse_block.h"
#include "neurons/profile.h"

namespace hotset {

/// Throws Error kBadInput where the mode is not for models of this activation, or the selection not for this
/// model or a placement.
void require_mode_fits(const ModelFile& model, const HybridOptions& options);

/// Whether only down rows are left out, of which a block then keeps its own beside the dense matrices.
bool selects_downs(const HybridOptions& options);

/// The profile, or none where it is not the model's, with a warning: every neuron is then cold, which is
/// slower and as right.
std::optional<Profile> read_profile(const ModelFile& model, const std::optional<std::filesystem::path>& path);

/// One for each layer: ordered by frequency, hot from θ on; all cold without a profile.
std::vector<LayerSplit> split_layers(const ModelFile& model, const std::optional<Profile>& profile,
                                     double hot_threshold);

struct SparseSetup {
  std::unique_ptr<SparseBlock> block;
  Mode mode;  ///< exact where predicted was asked for and the predictors do not fit the model
  std::string kernel;
};

/// dense: computes all activations of a layer, for selects_downs().
/// Throws Error: kBadInput (thresholded without the profile's quantiles), kBadModel (weights or predictors in
/// the model's own file that do not fit), kOutOfMemory. Precondition: require_mode_fits(), not Mode::kDense.
SparseSetup set_up_sparse(const ModelFile& model, const HybridOptions& options,
                          const std::optional<Profile>& profile, std::vector<LayerSplit> splits,
                          SelectedDown::Activations dense, const Progress& progress);

}  // namespace hotset
