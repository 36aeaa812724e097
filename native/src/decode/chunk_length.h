// How many tokens of a prompt to compute at once: a prefill that is cancelled keeps all chunks but the one it
// is in, and short ones compute fewer tokens a second.
#pragma once

#include <chrono>
#include <cstddef>

namespace hotset {

class ChunkLength {
 public:
  using Seconds = std::chrono::duration<double>;

  /// As many as take about a tenth of a second.
  std::size_t tokens() const { return tokens_; }

  /// As many as take about as long as a person doesn't notice, a twentieth of a second: a chunk so short is
  /// finished whatever happens meanwhile.
  std::size_t brief() const { return brief_; }

  /// Learns from a chunk that was computed.
  void learn(std::size_t tokens, Seconds took);

 private:
  static constexpr std::size_t kFirst = 32;  // before anything is known
  static constexpr std::size_t kBriefest = 8;

  std::size_t tokens_ = kFirst;
  std::size_t brief_ = kBriefest;
};

}  // namespace hotset
