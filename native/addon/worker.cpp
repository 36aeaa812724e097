#include "worker.h"

#include <utility>

namespace hotset::addon {

Worker::Worker() : thread_([this] { run(); }) {}

Worker::~Worker() {
  stop();
  join();
}

void Worker::add(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    jobs_.push_back(std::move(job));
  }
  tell();
}

void Worker::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  tell();
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

void Worker::tell() {
  ++changes_;
  changes_.notify_one();
}

void Worker::run() {
  for (;;) {
    const unsigned seen =
        changes_;  // before the queue, so that what is added behind the look at it ends the wait
    std::function<void()> job;
    {
      const std::lock_guard lock(mutex_);
      if (jobs_.empty() && stopping_) return;
      if (!jobs_.empty()) {
        job = std::move(jobs_.front());
        jobs_.pop_front();
      }
    }
    if (job) {
      job();
    } else {
      changes_.wait(seen);
    }
  }
}

}  // namespace hotset::addon
