#include "hybrid/sparse/token_threshold.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>

namespace hotset {
namespace {

// Eight buckets between a power of two and the next: the leading bits of a float.
constexpr unsigned kDropped = 20;
constexpr std::size_t kBuckets = std::size_t{1} << (31U - kDropped);

struct Bucket {
  float neurons = 0.0F;
  float mass = 0.0F;
};

float lower_edge(std::size_t bucket) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bucket << kDropped));
}

}  // namespace

float token_threshold(std::span<const float> activations, std::span<const float> lengths,
                      const Threshold& choice) {
  std::array<Bucket, kBuckets> buckets{};
  for (std::size_t i = 0; i < activations.size(); ++i) {
    const float mass = std::fabs(activations[i]) * lengths[i];
    Bucket& bucket = buckets[std::bit_cast<std::uint32_t>(mass) >> kDropped & (kBuckets - 1)];
    bucket.neurons += 1.0F;
    bucket.mass += mass;
  }
  const bool by_mass = choice.by == Threshold::By::kTokenMass;
  const auto amount = [&](const Bucket& bucket) { return by_mass ? bucket.mass : bucket.neurons; };
  const float all = std::accumulate(buckets.begin(), buckets.end(), 0.0F,
                                    [&](float sum, const Bucket& bucket) { return sum + amount(bucket); });
  float wanted = all * static_cast<float>(by_mass ? choice.at : 1.0 - choice.at);
  for (std::size_t bucket = kBuckets - 1; bucket > 0; --bucket) {
    const float own = amount(buckets[bucket]);
    if (own >= wanted && own > 0.0F) {
      return std::lerp(lower_edge(bucket + 1), lower_edge(bucket), wanted / own);
    }
    wanted -= own;
  }
  return 0.0F;
}

}  // namespace hotset
