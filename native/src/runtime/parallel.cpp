#include "runtime/parallel.h"

#include <atomic>
#include <exception>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

namespace hotset {

void parallel_for(int threads, std::size_t count, const std::function<void(std::size_t part)>& body) {
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr failure;
  const auto work = [&] {
    try {
      for (std::size_t part = next++; part < count; part = next++) body(part);
    } catch (...) {
      next = count;
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  {
    std::vector<std::future<void>> others;  // which are waited for where they end
    for (int i = 1; i < threads; ++i) others.push_back(std::async(std::launch::async, work));
    work();
  }
  if (failure) std::rethrow_exception(failure);
}

void parallel_for_reporting(int threads, std::size_t count, const Progress& progress,
                            const std::function<void(std::size_t part)>& body) {
  std::atomic<std::size_t> done{0};
  const auto caller = std::this_thread::get_id();
  parallel_for(threads, count, [&](std::size_t part) {
    body(part);
    const std::size_t so_many = ++done;
    if (std::this_thread::get_id() != caller) return;
    progress(static_cast<double>(so_many) / static_cast<double>(count));
  });
}

}  // namespace hotset
