// Fills large tensors row by row, on several threads, a few MiB in memory at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>

#include "progress.h"

namespace hotset {

class RowFiller {
 public:
  /// Writes one row.
  using Fill = std::function<void(std::size_t row, std::byte* bytes)>;
  /// Takes some rows that are done, from number `first` on.
  using Sink = std::function<void(std::size_t first, std::span<const std::byte> rows)>;

  /// total: bytes of everything that will be filled, which `progress` is a fraction of.
  RowFiller(int threads, std::uint64_t total, const Progress& progress)
      : threads_(threads), total_(total), progress_(progress) {}

  int threads() const { return threads_; }

  /// Calls `fill` for each of `rows` rows and `sink` for parts of them, both from several threads at once.
  void run(std::size_t rows, std::size_t row_bytes, const Fill& fill, const Sink& sink);

 private:
  int threads_;
  std::uint64_t total_;
  const Progress& progress_;
  std::mutex mutex_;
  std::uint64_t done_ = 0;
};

}  // namespace hotset
