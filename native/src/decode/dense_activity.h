// What the neurons of dense graphs did, by the activations that these leave.
#pragma once

#include <ggml.h>

#include <optional>
#include <span>

#include "neurons/decode_statistics.h"
#include "neurons/firing.h"

namespace hotset {

class DenseActivity {
 public:
  /// layers: activations of a token's neurons, F32; none where nobody keeps them.
  void add_token(std::span<ggml_tensor* const> layers);

  /// The mean since the last call; nullopt if there was no token.
  std::optional<DecodeStatistics> take();

 private:
  double activity_ = 0.0;  ///< summed up over the tokens
  int tokens_ = 0;
};

/// Tells which of a token's neurons are not zero.
void see_firing(std::span<ggml_tensor* const> layers, FiringWatch& watch);

}  // namespace hotset
