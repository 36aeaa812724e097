#include "kernels/widening.h"

#include <cstdint>
#include <cstring>

#include "kernels/ggml_levels.h"
#include "kernels/quant_layout.h"

namespace hotset {
namespace {

/// As ggml stores 32 weights: (level - 16) * scale.
struct Q5Block {
  std::uint16_t scale;  ///< F16
  std::array<std::uint8_t, 4> fifth;
  std::array<std::uint8_t, 16> levels;
};
static_assert(sizeof(Q5Block) == 22);

constexpr int kZeroLevel = 16;

}  // namespace

void widen_q5_0(const std::byte* row, int length, std::byte* widened) {
  const std::size_t blocks = static_cast<std::size_t>(length) / Q8Block::kWeights;
  for (std::size_t b = 0; b < blocks; ++b) {
    Q5Block from;
    std::memcpy(&from, row + b * sizeof from, sizeof from);
    const Levels levels = five_bit_levels(from.fifth.data(), from.levels.data());
    Q8Block to{.scale = from.scale, .levels = {}};
    for (std::size_t i = 0; i < levels.size(); ++i) {
      to.levels[i] = static_cast<std::int8_t>(levels[i] - kZeroLevel);
    }
    std::memcpy(widened + b * sizeof to, &to, sizeof to);
  }
}

}  // namespace hotset
