// How many threads are worth starting.
#pragma once

namespace hotset {

/// Cores this process may run on, hyper-threads counted once: two on one core only share its arithmetic. On
/// processors with fast and slow cores the fast ones, where the system tells. At least 1.
int physical_cores();

}  // namespace hotset
