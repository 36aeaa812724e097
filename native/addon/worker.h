// One thread that runs jobs one after another.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace hotset::addon {

/// Jobs must not throw.
class Worker {
 public:
  Worker();
  /// Stops and waits for the jobs that are left. Not to be called by a job.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void add(std::function<void()> job);

  /// The thread ends once its queue is empty; jobs added later never run. Does not wait.
  void stop();

  /// Waits for the end of the thread. Precondition: stop() was called.
  void join();

 private:
  void run();
  void tell();

  std::mutex mutex_;
  // What the thread waits for to move on. A condition variable would ask for a newer C++ library
  // (GLIBCXX_3.4.30) than ggml's own builds do.
  std::atomic<unsigned> changes_{0};
  std::deque<std::function<void()>> jobs_;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace hotset::addon
