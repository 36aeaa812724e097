// How long work reports how far it is.
#pragma once

#include <functional>

namespace hotset {

/// Called with a fraction between 0 and 1, from whichever thread does the work.
using Progress = std::function<void(double fraction)>;

/// Tells what a Progress threw from what the work itself did: who goes on after failures has to end then.
class WatchedProgress {
 public:
  /// `progress` must outlive this.
  explicit WatchedProgress(const Progress& progress) : progress_(progress) {}
  WatchedProgress(const WatchedProgress&) = delete;
  WatchedProgress& operator=(const WatchedProgress&) = delete;

  /// For the work; this must outlive it.
  Progress report() {
    return [this](double fraction) {
      threw_ = true;
      progress_(fraction);
      threw_ = false;
    };
  }

  bool threw() const { return threw_; }

 private:
  const Progress& progress_;
  bool threw_ = false;
};

}  // namespace hotset
