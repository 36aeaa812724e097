#include "decode/chunk_length.h"

#include <algorithm>

namespace hotset {
namespace {

constexpr ChunkLength::Seconds kGoal(0.1);
// Products go through tokens in groups of this many; below two of them, reading the weights is what takes
// time.
constexpr std::size_t kGroup = 16;
constexpr std::size_t kShortest = 2 * kGroup;
constexpr std::size_t kLongest = 512;
constexpr ChunkLength::Seconds kUnnoticed(0.05);

}  // namespace

void ChunkLength::learn(std::size_t tokens, Seconds took) {
  // A prompt's rest says little about the next whole chunk.
  if (tokens < tokens_ || took.count() <= 0.0) return;
  const double wanted = static_cast<double>(tokens) * (kGoal / took);
  // Doubled at most: the first chunks of all may have waited for the disk.
  const auto bounded = static_cast<std::size_t>(std::clamp(wanted, 0.0, 2.0 * static_cast<double>(tokens_)));
  tokens_ = std::clamp(bounded / kGroup * kGroup, kShortest, kLongest);
  const double unnoticed = static_cast<double>(tokens) * (kUnnoticed / took);
  const auto whole = static_cast<std::size_t>(std::min(unnoticed, static_cast<double>(tokens_)));
  brief_ = std::max(kBriefest, whole / kBriefest * kBriefest);
}

}  // namespace hotset
