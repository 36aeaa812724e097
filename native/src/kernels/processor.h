// What the processor and the operating system let us use.
#pragma once

namespace hotset {

/// AVX2, FMA and F16C.
bool has_avx2();
/// AVX-VNNI, and all of has_avx2().
bool has_avx_vnni();
/// AVX-512 F, BW, VL and VNNI, and all of has_avx2().
bool has_avx512();
/// AVX-512 VPOPCNTDQ, and all of has_avx512().
bool has_vector_popcount();

/// NEON's products of four bytes each (FEAT_DotProd).
bool has_dot_product();

}  // namespace hotset
