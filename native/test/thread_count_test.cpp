#include "decode/thread_count.h"

#include <doctest/doctest.h>

using hotset::choose_thread_count;

TEST_CASE("a small model runs on one thread, a large one on every core") {
  constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20U;
  CHECK(choose_thread_count(12 * kMebibyte, 8) == 1);
  CHECK(choose_thread_count(48 * kMebibyte, 8) == 2);
  CHECK(choose_thread_count(4096 * kMebibyte, 8) == 8);
  CHECK(choose_thread_count(4096 * kMebibyte, 1) == 1);
  CHECK(choose_thread_count(0, 8) == 1);
}
