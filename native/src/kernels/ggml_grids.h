// Levels of IQ3_S and IQ3_XXS, which name four neighbouring weights by the number of a word in a grid.
#pragma once

#include <cstdint>

#include "kernels/ggml_levels.h"

namespace hotset {

/// Of a block: the place of each weight's magnitude among the eight that the type has, and 8 more below
/// zero. words: [8], ninth: their ninth bits, signs: [4], a bit for each weight.
Levels iq3_s_levels(Bytes words, unsigned ninth, Bytes signs);

/// signs: seven bits for eight weights, of which an even number is below zero.
Levels iq3_xxs_levels(Bytes words, std::uint32_t signs);

}  // namespace hotset
