// Asking for memory before it is needed.
#pragma once

#include <cstddef>

#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#endif

namespace hotset {

/// Brings the cache line of `address` closer; never faults, and may do nothing.
inline void prefetch_line(const std::byte* address) {
#if defined(_MSC_VER) && !defined(__clang__)
#if defined(_M_ARM64)
  __prefetch(address);
#else
  _mm_prefetch(reinterpret_cast<const char*>(address), _MM_HINT_T0);
#endif
#else
  __builtin_prefetch(address);
#endif
}

/// As prefetch_line for the `kBytes` behind `address`.
template <std::size_t kBytes>
void prefetch_bytes(const std::byte* address) {
  constexpr std::size_t kCacheLine = 64;
  for (std::size_t at = 0; at < kBytes; at += kCacheLine) prefetch_line(address + at);
}

}  // namespace hotset
