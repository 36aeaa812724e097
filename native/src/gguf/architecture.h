// How the transformers that our own graph runs differ from one another, as data.
#pragma once

#include <string_view>

namespace hotset {

enum class Activation {
  kSilu,   ///< silu(gate) * up
  kRelu,   ///< relu(gate) * up (ReGLU)
  kDrelu,  ///< relu(gate) * relu(up) (dReLU, TurboSparse)
  kOther,  ///< anything else: only libllama can tell
};

/// Every one of them norms by the root mean square, turns queries and keys, and has a gated feed-forward
/// block behind attention. What stands here is what libllama computes for it, whatever else its makers wrote
/// down.
struct Architecture {
  std::string_view name;  ///< `general.architecture`
  /// The rotary embedding turns neighbouring elements of a head; else those half a head apart.
  bool turns_neighbours = false;
  /// `rope_freqs.weight` divides the rotary embedding's frequencies, where the file has it.
  bool rope_factors = false;
  /// `attention.scale` replaces 1/sqrt(key length), where the file has it.
  bool attention_scale = false;
  /// `embedding_scale`, `residual_scale` and `logit_scale` stand in the file.
  bool scales = false;
  /// Each head of queries and keys is normed before it is turned.
  bool head_norms = false;
};

/// Null for an architecture that only libllama runs.
const Architecture* find_architecture(std::string_view name);

}  // namespace hotset
