// How many threads to decode with when nobody says.
#pragma once

#include <cstdint>

namespace hotset {

/// Threads wait for each other after every node of a graph. On a busy machine that costs more than a small
/// model gains: 12 MB decode 1.2 times as fast with two threads when both have a core of their own, and 20
/// times slower when another program keeps the cores busy. So each thread is given at least some megabytes of
/// the weights that a token reads, and no more threads are started than there are `cores`. At least 1.
int choose_thread_count(std::uint64_t model_bytes, int cores);

}  // namespace hotset
