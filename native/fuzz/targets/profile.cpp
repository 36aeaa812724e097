// Profiles and PowerInfer's GPU indices: one number for every neuron, or no profile.
#include "neurons/profile.h"

#include <cmath>
#include <cstdint>

#include "beside_model.h"
#include "neurons/split.h"

using namespace hotset;

namespace {

void use(const Profile& profile, const ModelFile& model) {
  const auto layers = static_cast<std::size_t>(model.layers);
  const auto neurons = static_cast<std::size_t>(model.feed_forward_length);
  fuzz::require(profile.frequencies.size() == layers, "every layer has frequencies");
  for (const auto& layer : profile.frequencies) {
    fuzz::require(layer.size() == neurons, "every neuron has a frequency");
    fuzz::require(split_by_frequency(layer, 0.3).order.size() == neurons, "every neuron has a place");
  }
  for (const auto& curves : profile.curves) {
    fuzz::require(curves.empty() || curves.size() == layers, "all layers have curves or none");
    for (const SelectionCurve& curve : curves) {
      fuzz::require(std::isfinite(threshold_of(curve, {.by = Threshold::By::kShare, .at = 0.5})),
                    "thresholds are numbers");
      if (curve.left_out.empty()) continue;
      fuzz::require(std::isfinite(threshold_of(curve, {.by = Threshold::By::kMass, .at = 0.1})),
                    "thresholds are numbers");
    }
  }
  fuzz::require(profile.gate_weights.empty() || profile.gate_weights.size() == layers,
                "all layers have weights or none");
  fuzz::require(!profile.sparsity || (*profile.sparsity >= 0 && *profile.sparsity <= 1),
                "sparsity is a share");
  profile.write(fuzz::scratch_folder() / "again.gguf");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ModelFile& model = fuzz::model_beside();
  const auto path = fuzz::as_file({data, size});
  fuzz::accepts(path, [&] { use(Profile::read(path, model), model); });
  return 0;
}
