#include "decode/uncertainties.h"

#include <cmath>
#include <utility>

#include "decode/softmax.h"

namespace hotset {

void Uncertainties::forget_behind(int sequence, int length) {
  std::erase_if(rows_, [&](const Row& row) { return row.sequence == sequence && row.length > length; });
  Known& own = known_[static_cast<std::size_t>(sequence)];
  if (own.length > length) own = {};
}

void Uncertainties::keep(std::span<const float> logits, std::size_t width,
                         std::span<const std::vector<Token>> held) {
  const std::vector<Row> rows = std::exchange(rows_, {});
  if (logits.empty()) return;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto [sequence, length] = rows[i];
    const auto place = static_cast<std::size_t>(sequence);
    if (static_cast<std::size_t>(length) != held[place].size()) continue;
    const auto begin = std::chrono::steady_clock::now();
    const double nats = entropy(logits.subspan(i * width, width));
    known_[place] = {
        .length = length,
        .uncertainty = {.entropy = nats, .took = std::chrono::steady_clock::now() - begin},
    };
  }
}

std::optional<Uncertainty> Uncertainties::behind(int sequence, int length) const {
  const Known& known = known_[static_cast<std::size_t>(sequence)];
  if (known.length != length || !std::isfinite(known.uncertainty.entropy)) return std::nullopt;
  return known.uncertainty;
}

}  // namespace hotset
