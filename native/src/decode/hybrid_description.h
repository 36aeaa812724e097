// What a loaded hybrid decoder says of itself.
#pragma once

#include "decode/decoder.h"
#include "decode/hybrid_parts.h"

namespace hotset {

/// Says what lies where, and what decoding reads of it: shares of neurons, bytes, predictor, GPU.
void describe_parts(const HybridParts& parts, const ModelFile& model, DecoderDescription& description);

}  // namespace hotset
