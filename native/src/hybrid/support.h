// Which models and modes our own graph runs; every other model is libllama's.
#pragma once

#include <ggml.h>

#include <array>
#include <optional>
#include <string>

#include "gguf/model_file.h"

namespace hotset {

/// The types of weights that our graph multiplies with, each held against libllama.
inline constexpr std::array kSupportedTypes = {
    GGML_TYPE_F32,   GGML_TYPE_F16,     GGML_TYPE_BF16,  GGML_TYPE_Q4_0,   GGML_TYPE_Q4_1,
    GGML_TYPE_Q5_0,  GGML_TYPE_Q5_1,    GGML_TYPE_Q8_0,  GGML_TYPE_Q2_K,   GGML_TYPE_Q3_K,
    GGML_TYPE_Q4_K,  GGML_TYPE_Q5_K,    GGML_TYPE_Q6_K,  GGML_TYPE_IQ4_NL, GGML_TYPE_IQ4_XS,
    GGML_TYPE_IQ3_S, GGML_TYPE_IQ3_XXS, GGML_TYPE_IQ2_S, GGML_TYPE_IQ2_XS, GGML_TYPE_IQ2_XXS,
    GGML_TYPE_MXFP4};

/// Why the hybrid decoder cannot run `model`, as the rest of a sentence that begins with "the hybrid decoder
/// cannot run this model: "; nullopt where it can.
std::optional<std::string> hybrid_obstacle(const ModelFile& model);

/// Why no neurons of `model` can be left out, as the rest of a sentence too; nullopt where some can.
/// Precondition: it has no hybrid_obstacle().
std::optional<std::string> neuron_obstacle(const ModelFile& model);

/// Whether the activation leaves neurons at exactly zero, which the exact mode lives on.
bool has_exact_zeros(Activation activation);

}  // namespace hotset
