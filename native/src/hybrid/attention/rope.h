// The rotary embedding's parameters as ggml's operator takes them.
#pragma once

#include "gguf/model_file.h"

namespace hotset {

struct RopeSettings {
  int dimensions;
  int mode;  ///< GGML_ROPE_TYPE_NORMAL (neighbouring pairs) or GGML_ROPE_TYPE_NEOX (halves)
  int original_context_length;
  float frequency_base;
  float frequency_scale;
  float extrapolation_factor;  ///< 1 mixes YaRN in, 0 leaves it out
  float attention_factor;
};

inline constexpr float kYarnBetaFast = 32.0F;
inline constexpr float kYarnBetaSlow = 1.0F;

/// Reads the GGUF's parameters as libllama does. What divides the frequencies is RopeParameters::factors.
RopeSettings rope_settings(const ModelFile& model);

}  // namespace hotset
