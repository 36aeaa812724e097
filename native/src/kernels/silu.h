// silu(gate) * up, written once over a vector type. See lane.h for who may include this.
#pragma once

#include <cstddef>

#include "kernels/lane.h"

namespace hotset {
namespace {

/// e^x within two units in the last place for x between -87 and 87, and as at the nearer end beyond: x is a
/// multiple of ln 2, which is a power of two, and a rest of at most half of it, where the series to the
/// sixth power is exact enough.
template <class V>
typename V::Register exponential(typename V::Register x) {
  constexpr float kEnd = 87.0F;
  x = V::smaller(V::larger(x, V::broadcast(-kEnd)), V::broadcast(kEnd));
  const auto whole = V::to_nearest(V::multiply(x, V::broadcast(1.44269504F)));
  const auto multiple = V::to_float(whole);
  // ln 2 in two parts, of which the first times a multiple is exact.
  x = V::multiply_add(multiple, V::broadcast(-0.693145752F), x);
  x = V::multiply_add(multiple, V::broadcast(-1.42860677e-6F), x);
  auto series = V::broadcast(1.0F / 720.0F);
  for (const float factor : {1.0F / 120.0F, 1.0F / 24.0F, 1.0F / 6.0F, 0.5F, 1.0F, 1.0F}) {
    series = V::multiply_add(series, x, V::broadcast(factor));
  }
  constexpr unsigned kOne = 127;  // the exponent of 1.0
  const auto exponent = V::template shift_left<23>(V::add(whole, V::broadcast_word(kOne)));
  return V::multiply(series, V::same_bits(exponent));
}

/// products[i] = silu(gate[i]) * up[i]. Precondition: count is a multiple of 16.
template <class V>
void multiply_silu(const float* gate, const float* up, int count, float* products) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); i += V::kWidth) {
    const auto x = V::load(gate + i);
    const auto share = V::add(V::broadcast(1.0F), exponential<V>(V::multiply(x, V::broadcast(-1.0F))));
    V::store(products + i, V::multiply(V::divide(x, share), V::load(up + i)));
  }
}

}  // namespace
}  // namespace hotset
