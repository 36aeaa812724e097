#include "kernels/operand.h"

namespace hotset {

Rounding rounding_for(ggml_type weights) {
  switch (weights) {
    case GGML_TYPE_F32:
      return Rounding::kNone;
    case GGML_TYPE_F16:
      return Rounding::kHalf;
    case GGML_TYPE_BF16:
      return Rounding::kBrain;
    default:
      break;
  }
  // ggml pairs types with blocks of 32 (or 64) with Q8_0 or Q8_1, and the large blocks with Q8_K.
  return ggml_blck_size(weights) == 256 ? Rounding::kBlocks8K : Rounding::kBlocks8;
}

int block_length(Rounding rounding) {
  switch (rounding) {
    case Rounding::kBlocks8:
      return kQ8BlockLength;
    case Rounding::kBlocks8K:
      return 256;
    default:
      return 1;
  }
}

}  // namespace hotset
