#include "decode/thread_count.h"

#include <algorithm>

namespace hotset {

int choose_thread_count(std::uint64_t model_bytes, int cores) {
  constexpr std::uint64_t kBytesPerThread = std::uint64_t{32} << 20U;
  const std::uint64_t worthwhile = (model_bytes + kBytesPerThread - 1) / kBytesPerThread;
  return static_cast<int>(
      std::clamp<std::uint64_t>(worthwhile, 1, static_cast<std::uint64_t>(std::max(cores, 1))));
}

}  // namespace hotset
