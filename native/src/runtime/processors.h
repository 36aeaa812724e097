// How many threads are worth starting.
#pragma once

#include <optional>

namespace hotset {

/// Cores this process may run on, hyper-threads counted once: two on one core only share its arithmetic. On
/// processors with fast and slow cores the fast ones, where the system tells. At least 1.
int physical_cores();

/// Of `cores`, as many as a quota of processor time keeps busy: threads beyond it all stand still together
/// once it is used up. At least 1.
int usable_processors(int cores, std::optional<double> quota);

/// physical_cores() within the quota of this process.
int usable_cores();

}  // namespace hotset
