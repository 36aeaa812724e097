// Work that falls into independent parts, on some threads that live as long as it does.
#pragma once

#include <cstddef>
#include <functional>

#include "progress.h"

namespace hotset {

/// Calls body(0) to body(count - 1), each once, on `threads` threads with the caller's among them; threads
/// take the next part as they finish one. The first exception that a part throws ends the others soon and is
/// thrown again here.
void parallel_for(int threads, std::size_t count, const std::function<void(std::size_t part)>& body);

/// The same, with the share of the parts that are done reported from the caller's thread. What `progress`
/// throws ends the others soon and is thrown again here.
void parallel_for_reporting(int threads, std::size_t count, const Progress& progress,
                            const std::function<void(std::size_t part)>& body);

}  // namespace hotset
