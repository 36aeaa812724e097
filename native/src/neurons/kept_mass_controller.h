// Holds the share of the mass that a layer keeps at a target, from audits of a few tokens: an integral
// controller. Text differs from what a profile was counted on, and then so does what a fixed threshold keeps.
#pragma once

namespace hotset {

class KeptMassController {
 public:
  /// What is set: the larger, the more is kept.
  struct Range {
    double start;  ///< before the first audit
    double least;
    double most;
  };

  /// target: between 0 and 1. gain: how far the setting moves for an error of 1.
  KeptMassController(double target, Range range, double gain)
      : target_(target), range_(range), gain_(gain), setting_(range.start) {}

  double setting() const { return setting_; }

  /// Masses of one audited token in this layer, what was kept of them and all. Tokens count by their mass, as
  /// in what is kept of a text.
  void learn(double kept, double all);

 private:
  void damp(double error);

  double target_;
  Range range_;
  double gain_;
  double setting_;
  double mean_ = 0.0;  ///< of all masses of a token
  int audits_ = 0;
  double last_error_ = 0.0;
  double damping_ = 1.0;  ///< of the gain
};

}  // namespace hotset
