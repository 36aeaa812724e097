// How much memory a model may take without driving this machine, or this container, to swap or to kill.
#pragma once

#include <cstdint>
#include <limits>

namespace hotset {

/// What available_memory() gives where the system does not tell.
inline constexpr std::uint64_t kUnknownMemory = std::numeric_limits<std::uint64_t>::max();

/// Bytes that can be taken now, caches counted as free: the smaller of the machine's and the control group's.
std::uint64_t available_memory();

}  // namespace hotset
