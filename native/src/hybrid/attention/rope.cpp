#include "hybrid/attention/rope.h"

#include <ggml.h>

#include <cmath>

#include "gguf/llama_layout.h"

namespace hotset {

RopeSettings rope_settings(const ModelFile& model) {
  const RopeParameters& rope = model.rope;
  RopeSettings settings{};
  settings.dimensions = rope.dimensions;
  settings.mode = architecture_of(model).turns_neighbours ? GGML_ROPE_TYPE_NORMAL : GGML_ROPE_TYPE_NEOX;
  settings.original_context_length = rope.original_context_length;
  settings.frequency_base = rope.frequency_base;
  settings.frequency_scale = rope.scaling_type == "none" ? 1.0F : 1.0F / rope.scaling_factor;
  settings.attention_factor = rope.attention_factor;
  if (rope.scaling_type == "yarn") {
    settings.extrapolation_factor = 1.0F;
    // ggml's operator multiplies by 1 + 0.1 ln(factor) for any factor, YaRN (arXiv 2309.00071, section 3.4)
    // asks for it only where the context grows.
    if (rope.scaling_factor < 1.0F) settings.attention_factor /= 1.0F + 0.1F * std::log(rope.scaling_factor);
  }
  return settings;
}

}  // namespace hotset
