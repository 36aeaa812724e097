// Threads that compute the parts of a node of a graph. Whoever is there takes the next part, so that nobody
// waits for a thread that the system does not let run: only for parts that such a thread has begun. Who waits
// spins for some microseconds and then sleeps, which gives the processor to the thread that is waited for.
#pragma once

#include <atomic>
#include <thread>
#include <vector>

#include "runtime/cache_line.h"

namespace hotset {

class Team {
 public:
  /// `threads`, at least 1, the caller's counted. The others begin to run.
  explicit Team(int threads) : Team(threads, threads - 1) {}
  /// With fewer threads than parts: for tests of what happens where helpers do not come.
  Team(int parts, int helpers);
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;
  ~Team();

  int threads() const { return threads_; }

  /// Calls work(part) once for each part of [0, threads()), on any of the threads, several at the same time,
  /// none of which may wait for another. Returns when all have ended. One caller at a time; `work` must not
  /// throw.
  template <typename Work>
  void each_part(const Work& work) {
    if (threads_ == 1) {
      work(0);
      return;
    }
    compute([](const void* of, int part) { (*static_cast<const Work*>(of))(part); }, &work);
  }

 private:
  using Function = void (*)(const void* work, int part);

  void compute(Function function, const void* work);
  bool take_part();
  void end_part();
  void help();
  void end();

  static constexpr int kOver = -1;  ///< in place of a part: helpers leave

  // What a helper reads when there is something to do, in one line.
  alignas(kCacheLine) std::atomic<int> next_;  ///< the first part that nobody has
  int threads_;
  Function function_ = nullptr;
  const void* work_ = nullptr;
  alignas(kCacheLine) std::atomic<int> ended_{0};  ///< parts that are done
  std::vector<std::thread> helpers_;
};

}  // namespace hotset
