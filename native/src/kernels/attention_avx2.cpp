// Attention's operators for AVX2, FMA and F16C.
#include "kernels/attention_tiles.h"
#include "kernels/tile_vector_avx2.h"

namespace hotset {

const AttentionKernels& avx2_attention() {
  static constexpr AttentionKernels kKernels = tile_kernels<TileAvx2>();
  return kKernels;
}

}  // namespace hotset
