// Waiting for another thread: awake for as long as it pays, then asleep.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace hotset {

/// Lets the other hyper-thread of this core go on.
inline void relax_processor() {
#if defined(__x86_64__) || defined(_M_X64)
  _mm_pause();
#elif defined(__aarch64__) && !defined(_MSC_VER)
  asm volatile("yield");
#endif
}

/// About what it takes to fall asleep and be woken: who waits for longer loses no more than that by having
/// stayed awake.
inline constexpr std::chrono::microseconds kAwake{50};

/// Returns the first value that `is_enough` accepts; whoever stores one has to notify.
template <typename Value, typename Enough>
Value await(const std::atomic<Value>& value, const Enough& is_enough) {
  // Asking for the time takes longer than looking.
  constexpr int kLooks = 32;
  using Clock = std::chrono::steady_clock;
  std::optional<Clock::time_point> until;
  do {
    for (int look = 0; look < kLooks; ++look) {
      const Value seen = value.load(std::memory_order_acquire);
      if (is_enough(seen)) return seen;
      relax_processor();
    }
    if (!until) until = Clock::now() + kAwake;
  } while (Clock::now() < *until);
  for (;;) {
    const Value seen = value.load(std::memory_order_acquire);
    if (is_enough(seen)) return seen;
    value.wait(seen, std::memory_order_acquire);
  }
}

}  // namespace hotset
