#include "runtime/trace.h"

namespace hotset {

void Trace::add(const std::string& name, const std::string& device, Clock::time_point begin,
                Clock::time_point end) {
  if (events_.size() == kMostEvents) return;
  events_.push_back(
      {.name = name, .device = device, .begin_us = since_start(begin), .end_us = since_start(end)});
}

}  // namespace hotset
