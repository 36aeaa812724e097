// The instruction sets that the neuron kernels are written for.
#pragma once

namespace hotset {

enum class KernelChoice {
  kAuto,     ///< the best this processor runs
  kScalar,   ///< plain C++: the reference
  kAvx2,     ///< AVX2, FMA and F16C
  kAvxVnni,  ///< the same with AVX-VNNI
  kAvx512,   ///< AVX-512 F, BW, VL and VNNI
  kNeon,     ///< NEON, with the dot product instructions where the processor has them
};

}  // namespace hotset
