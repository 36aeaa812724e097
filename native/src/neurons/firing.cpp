#include "neurons/firing.h"

#include <limits>
#include <utility>

namespace hotset {

void FiringWatch::start(int layers, int neurons) {
  neurons_ = neurons;
  places_.assign(static_cast<std::size_t>(layers), {});
  firing_ = {};
}

void FiringWatch::stop() {
  places_.clear();
  firing_ = {};
}

void FiringWatch::see(int layer, std::span<const int> places) {
  places_[static_cast<std::size_t>(layer)].assign(places.begin(), places.end());
}

void FiringWatch::end_token() {
  if (!is_on() || firing_.tokens == std::numeric_limits<std::uint16_t>::max()) return;
  const auto neurons = static_cast<std::size_t>(neurons_);
  firing_.counts.resize(places_.size() * neurons);
  for (std::size_t layer = 0; layer < places_.size(); ++layer) {
    std::uint16_t* counts = firing_.counts.data() + layer * neurons;
    for (const int place : std::exchange(places_[layer], {})) ++counts[place];
  }
  ++firing_.tokens;
}

Firing FiringWatch::take() { return std::exchange(firing_, {}); }

}  // namespace hotset
