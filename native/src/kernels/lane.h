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

/// How far ahead in the list long rows are asked for. Less comes late, more gains nothing (Zen 4).
inline constexpr std::size_t kRowsAhead = 4;

}  // namespace
}  // namespace hotset
