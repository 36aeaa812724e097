// What the kernels that are written once over a vector type share.
//
// This header, the vector types and the kernels written over them are included only by source files that are
// compiled with one instruction set's flags. Everything is in an anonymous namespace and of the standard
// library only memcpy and the elements of arrays and vectors are used, which are mere addresses: the linker
// keeps one copy of a shared inline function, and that one may not hold instructions that the processor
// lacks.
#pragma once

#include <cstddef>
#include <cstdint>

/// For what lies inside the loops over weights: left out of line, as compilers do with what is large and used
/// often, it hands its registers over through memory (AVX2, Q6_K: 6.7 in place of 7.9 thousand million
/// products a second). In front of loops over registers: their numbers must be constants, or they lie in
/// memory.
#if defined(_MSC_VER) && !defined(__clang__)
#define HOTSET_INLINE __forceinline
#define HOTSET_INLINE_LAMBDA
#define HOTSET_UNROLL
#else
#define HOTSET_INLINE inline __attribute__((always_inline))
#define HOTSET_INLINE_LAMBDA __attribute__((always_inline))
#define HOTSET_UNROLL _Pragma("GCC unroll 16")
#endif

namespace hotset {
namespace {

/// A register in a struct, because a bare register type makes no template argument.
template <class V>
struct Lane {
  typename V::Register value;
};

/// Weights of 16 bits: the same size, different types.
struct Half {
  std::uint16_t bits;
};
struct Brain {
  std::uint16_t bits;
};

/// Four rows at a time share the loads of the input, which pays while weights come from the caches. From
/// memory four streams at once arrive half as fast as one, and rows this long (bytes) belong to models that
/// no cache holds.
inline constexpr std::size_t kLongRow = 1024;

/// How far ahead in the list rows of this many bytes are asked for. Zen 4, 7B in Q4_0: three rows of 2304
/// bytes ahead; two come late (a sixth slower while memory is fast), four find less room (a twentieth slower
/// while it is slow).
inline std::size_t rows_ahead(std::size_t row_bytes) {
  constexpr std::size_t kBytesAhead = 6912;
  return 1 + (kBytesAhead - 1) / row_bytes;
}

}  // namespace
}  // namespace hotset
