// What the processor and the operating system let us use.
#pragma once

namespace hotset {

/// AVX2, FMA and F16C.
bool has_avx2();
/// AVX-512 F, BW, VL and VNNI, and all of has_avx2().
bool has_avx512();

}  // namespace hotset
