#include "neurons/kept_mass_controller.h"

#include <algorithm>
#include <cmath>

namespace hotset {
namespace {

// Of the gain, once it has settled: a token's mass differs from the mean by some hundredths.
constexpr double kSettledGain = 0.1;
// A token unlike all others moves the setting no further than one that is this far off.
constexpr double kMostError = 0.2;
constexpr int kMeanOver = 64;
// Errors of more than this on either side, one after the other, are no noise: the setting swings about the
// target.
constexpr double kSwing = 0.1;
constexpr double kLeastDamping = 1.0 / 64;
constexpr double kRecovery = 1.1;

}  // namespace

/// The first audits count more, so that little of a text is decoded before the target is reached.
void KeptMassController::learn(double kept, double all) {
  if (!(all > 0.0)) return;
  const double share = std::max(kSettledGain, 1.0 / (2.0 + audits_++));
  mean_ += (all - mean_) / std::min(audits_, kMeanOver);
  const double error = std::clamp((target_ * all - kept) / mean_, -kMostError, kMostError);
  damp(error);
  setting_ = std::clamp(setting_ + gain_ * damping_ * share * error, range_.least, range_.most);
}

/// Where a little of the setting changes much of what is kept, whole steps would go past the target for ever.
void KeptMassController::damp(double error) {
  const bool swings = std::min(std::abs(error), std::abs(last_error_)) > kSwing && error * last_error_ < 0.0;
  damping_ = swings ? std::max(damping_ / 2, kLeastDamping) : std::min(damping_ * kRecovery, 1.0);
  last_error_ = error;
}

}  // namespace hotset
