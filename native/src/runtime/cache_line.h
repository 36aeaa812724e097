// How far apart things lie that several threads write to.
#pragma once

#include <cstddef>

namespace hotset {

/// What two threads write to lies this many bytes apart at least.
inline constexpr std::size_t kCacheLine = 64;

}  // namespace hotset
