// How the transformers that our own graph runs differ from one another, as data.
#pragma once

#include <string_view>

namespace hotset {

enum class Activation {
  kSilu,   ///< silu(gate) * up
  kRelu,   ///< relu(gate) * up (ReGLU)
  kDrelu,  ///< relu(gate) * relu(up) (dReLU, TurboSparse)
  kGelu,   ///< gelu(gate) * up, or gelu(up) where there is no gate; the approximation by tanh
  kOther,  ///< anything else: only libllama can tell
};

enum class Norm {
  kRootMeanSquare,
  kLayer,  ///< about the mean, and with a bias
};

/// What divides the rotary embedding's frequencies, where the file has it.
enum class RopeFactors {
  kNone,
  kOne,  ///< `rope_freqs`; with the scaling "longrope" as kTwo
  kTwo,  ///< `rope_factors_short`, or `rope_factors_long` for a context longer than that of the training
};

/// Every one of them norms, lets attention add to the residual stream, norms again and lets neurons add to
/// it. What stands here is what libllama computes for it, whatever else its makers wrote down.
struct Architecture {
  std::string_view name;  ///< `general.architecture`
  Norm norm = Norm::kRootMeanSquare;
  /// Attention's output, up and down have a bias. Query, key and value may have one anywhere.
  bool biases = false;
  /// Neurons have a gate.
  bool gated = true;
  Activation activation = Activation::kSilu;  ///< where the file does not say
  /// The rotary embedding turns neighbouring elements of a head; else those half a head apart.
  bool turns_neighbours = false;
  RopeFactors rope_factors = RopeFactors::kNone;
  /// The rotary embedding may turn the first elements of a head alone.
  bool turns_some = false;
  /// `attention.scale` replaces 1/sqrt(key length), where the file has it.
  bool attention_scale = false;
  /// `embedding_scale`, `residual_scale` and `logit_scale` stand in the file.
  bool scales = false;
  /// `ffn_up` holds the rows of gate in front of those of up.
  bool gate_up_joined = false;
  /// Embeddings are multiplied by the root of their length.
  bool scales_embedding = false;
  /// The token embedding is the head's matrix, always.
  bool tied_head = false;
  /// Each head of queries and keys is normed before it is turned.
  bool head_norms = false;
};

/// Null for an architecture that only libllama runs.
const Architecture* find_architecture(std::string_view name);

}  // namespace hotset
