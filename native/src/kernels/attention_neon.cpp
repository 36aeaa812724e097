// Attention's operators for NEON.
#include "kernels/attention_tiles.h"
#include "kernels/tile_vector_neon.h"

namespace hotset {

const AttentionKernels& neon_attention() {
  static constexpr AttentionKernels kKernels = tile_kernels<TileNeon>();
  return kKernels;
}

}  // namespace hotset
