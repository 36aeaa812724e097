#include "hybrid/sparse/recall_sample.h"

#include <algorithm>
#include <cmath>

namespace hotset {

std::vector<FiredNeuron> masses(const SparseLayer& layer, std::span<const int> places,
                                std::span<const float> activations) {
  std::vector<FiredNeuron> neurons;
  neurons.reserve(places.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    neurons.push_back({.place = places[i], .mass = std::abs(activations[i]) * layer.down_length(places[i])});
  }
  return neurons;
}

ColdMass measure_recall(const SparseLayer& layer, const PredictionSample& sample, Every some,
                        SparseScratch& scratch) {
  const std::span<SparseScratch> team(&scratch, 1);
  layer.find_cold(sample.normed.data(), some, scratch);
  layer.activate_own(1, scratch);
  const auto count = static_cast<std::size_t>(layer.collect(0, team, scratch));
  ColdMass mass;
  for (const FiredNeuron& neuron : masses(layer, std::span(scratch.places).first(count),
                                          std::span<const float>(scratch.factors).first(count))) {
    mass.all += static_cast<double>(neuron.mass);
    const bool kept = std::ranges::binary_search(sample.fired, neuron.place);
    if (kept) mass.kept += static_cast<double>(neuron.mass);
  }
  return mass;
}

}  // namespace hotset
