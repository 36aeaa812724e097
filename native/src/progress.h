// How long work reports how far it is.
#pragma once

#include <functional>

namespace hotset {

/// Called with a fraction between 0 and 1, from whichever thread does the work.
using Progress = std::function<void(double fraction)>;

}  // namespace hotset
