#include "runtime/team.h"

#include "runtime/wait.h"

namespace hotset {

Team::Team(int parts, int helpers) : next_(parts), threads_(parts) {
  try {
    for (int i = 0; i < helpers; ++i) helpers_.emplace_back([this] { help(); });
  } catch (...) {
    // What has begun is ended by nobody else.
    end();
    throw;
  }
}

Team::~Team() { end(); }

void Team::end() {
  next_.store(kOver, std::memory_order_release);
  next_.notify_all();
  for (std::thread& helper : helpers_) helper.join();
}

void Team::compute(Function function, const void* work) {
  function_ = function;
  work_ = work;
  ended_.store(0, std::memory_order_relaxed);
  // Its own part is the caller's already: with a helper's it would have nothing to read in one go.
  next_.store(1, std::memory_order_release);
  next_.notify_all();
  function(work, 0);
  end_part();
  while (take_part()) {
  }
  await(ended_, [this](int ended) { return ended == threads_; });
}

/// Returns false where there is none that nobody has.
bool Team::take_part() {
  int part = next_.load(std::memory_order_relaxed);
  do {
    if (part >= threads_ || part < 0) return false;
  } while (!next_.compare_exchange_weak(part, part + 1, std::memory_order_acquire));
  // Valid now: the caller waits for this part.
  function_(work_, part);
  end_part();
  return true;
}

void Team::end_part() {
  if (ended_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads_) ended_.notify_one();
}

void Team::help() {
  for (;;) {
    const int part = await(next_, [this](int next) { return next < threads_; });
    if (part == kOver) return;
    take_part();
  }
}

}  // namespace hotset
