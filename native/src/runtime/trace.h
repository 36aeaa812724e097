// When each device computed what: events that Chrome's trace viewer and Perfetto show as bars.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace hotset {

struct TraceEvent {
  std::string name;
  std::string device;
  double begin_us = 0.0;  ///< since the trace began
  double end_us = 0.0;
};

/// Not thread safe: one thread at a time.
class Trace {
 public:
  using Clock = std::chrono::steady_clock;

  /// Events beyond the first `kMostEvents` are left out, so that a long run does not fill the memory.
  static constexpr std::size_t kMostEvents = 1'000'000;

  void add(const std::string& name, const std::string& device, Clock::time_point begin,
           Clock::time_point end);

  /// The events since the last call.
  std::vector<TraceEvent> take() { return std::exchange(events_, {}); }

 private:
  double since_start(Clock::time_point time) const {
    return std::chrono::duration<double, std::micro>(time - start_).count();
  }

  Clock::time_point start_ = Clock::now();
  std::vector<TraceEvent> events_;
};

}  // namespace hotset
