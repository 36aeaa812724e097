// Dealing out a step's items: most of them in even shares, for the length of a run is what memory is read
// fast by, the rest by guided self-scheduling (Polychronopoulos and Kuck, 1987) in ever smaller pieces, for
// cores are seldom equally fast and threads should finish together all the same.
#pragma once

#include <algorithm>
#include <atomic>

#include "runtime/shares.h"

namespace hotset {

/// Deals out the items of one step of a team after the other; every thread must have finished a step before
/// any begins the next.
class alignas(kCacheLine) GuidedSchedule {
 public:
  /// Of rows of weights: taking a piece must cost nothing beside computing it.
  static constexpr int kSmallestPiece = 32;

  /// Pieces of the rest are multiples of so many items, but for the last one.
  explicit GuidedSchedule(int smallest_piece = kSmallestPiece) : smallest_piece_(smallest_piece) {}

  /// Calls work(Range) with what this thread gets of `count` items, in ascending order, until all are dealt
  /// out. Each of the `threads` calls it once.
  template <typename Work>
  void each(int count, int threads, const Work& work) {
    for (Range piece = take(count, threads); piece.begin < piece.end; piece = take(count, threads)) {
      work(piece);
    }
    if (left_.fetch_add(1, std::memory_order_acq_rel) + 1 < threads) return;
    left_.store(0, std::memory_order_relaxed);
    next_.store(0, std::memory_order_relaxed);
  }

 private:
  Range take(int count, int threads) {
    int begin = next_.load(std::memory_order_relaxed);
    int end = 0;
    do {
      end = std::min(count, begin + piece_at(begin, count, threads));
    } while (begin < count && !next_.compare_exchange_weak(begin, end, std::memory_order_relaxed));
    return {.begin = begin, .end = end};
  }

  /// Three quarters of an even share first, then half of an even share of what is left.
  int piece_at(int begin, int count, int threads) const {
    if (threads == 1) return count;
    const int first = count / threads / 4 * 3;
    if (begin < first * threads) return first;
    const int half_share = (count - begin) / (2 * threads);
    return std::max(half_share / smallest_piece_, 1) * smallest_piece_;
  }

  int smallest_piece_;
  std::atomic<int> next_{0};  ///< the first item that nobody has
  std::atomic<int> left_{0};  ///< threads that were told that there is nothing left
};

}  // namespace hotset
