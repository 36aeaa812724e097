#include "gguf/architecture.h"

#include <array>

namespace hotset {
namespace {

constexpr std::array kArchitectures = {
    Architecture{.name = "llama",
                 .turns_neighbours = true,
                 .rope_factors = RopeFactors::kOne,
                 .attention_scale = true},
    Architecture{.name = "qwen2"},
    Architecture{.name = "qwen3", .head_norms = true},
    Architecture{.name = "granite",
                 .turns_neighbours = true,
                 .rope_factors = RopeFactors::kOne,
                 .attention_scale = true,
                 .scales = true},
    Architecture{
        .name = "phi3", .rope_factors = RopeFactors::kTwo, .turns_some = true, .gate_up_joined = true},
    Architecture{.name = "starcoder2",
                 .norm = Norm::kLayer,
                 .biases = true,
                 .gated = false,
                 .activation = Activation::kGelu},
    Architecture{.name = "gemma",
                 .activation = Activation::kGelu,
                 .turns_some = true,
                 .scales_embedding = true,
                 .tied_head = true},
};

}  // namespace

const Architecture* find_architecture(std::string_view name) {
  for (const Architecture& known : kArchitectures) {
    if (known.name == name) return &known;
  }
  return nullptr;
}

}  // namespace hotset
