// Attention's operators for AVX-512.
#include "kernels/attention_tiles.h"
#include "kernels/tile_vector_avx512.h"

namespace hotset {

const AttentionKernels& avx512_attention() {
  static constexpr AttentionKernels kKernels = tile_kernels<TileAvx512>();
  return kKernels;
}

}  // namespace hotset
