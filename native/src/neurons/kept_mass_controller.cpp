#include "neurons/kept_mass_controller.h"

#include <algorithm>

namespace hotset {
namespace {

// Of the gain, once it has settled: a token's mass differs from the mean by some hundredths.
constexpr double kSettledGain = 0.1;
// A token unlike all others moves the setting no further than one that is this far off.
constexpr double kMostError = 0.2;
constexpr int kMeanOver = 64;

}  // namespace

/// The first audits count more, so that little of a text is decoded before the target is reached.
void KeptMassController::learn(double kept, double all) {
  if (!(all > 0.0)) return;
  const double share = std::max(kSettledGain, 1.0 / (2.0 + audits_++));
  mean_ += (all - mean_) / std::min(audits_, kMeanOver);
  const double error = std::clamp((target_ * all - kept) / mean_, -kMostError, kMostError);
  setting_ = std::clamp(setting_ + gain_ * share * error, range_.least, range_.most);
}

}  // namespace hotset
