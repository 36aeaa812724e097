// Items of a step, shared out among the threads.
#pragma once

#include "runtime/cache_line.h"

namespace hotset {

/// A thread's part of the work of a step.
struct Part {
  int thread;
  int threads;
};

/// The items [begin, end) of many.
struct Range {
  int begin;
  int end;
};

/// An even share of `count` items.
inline Range share(int count, Part part) {
  const auto border = [&](int thread) {
    return static_cast<int>(static_cast<long long>(count) * thread / part.threads);
  };
  return {.begin = border(part.thread), .end = border(part.thread + 1)};
}

}  // namespace hotset
