#include "kernels/processor.h"

#if defined(_MSC_VER) && !defined(__clang__)
#include <immintrin.h>
#include <intrin.h>
#endif

namespace hotset {
namespace {

#if defined(_MSC_VER) && !defined(__clang__)

struct Registers {
  int eax, ebx, ecx, edx;
};

Registers identify(int leaf) {
  int values[4];
  __cpuidex(values, leaf, 0);
  return {values[0], values[1], values[2], values[3]};
}

bool has_bit(int value, int bit) { return ((value >> bit) & 1) != 0; }

/// Whether the system saves the registers in `mask` (XCR0) when it switches threads.
bool system_saves(unsigned mask) {
  constexpr int kOsxsave = 27;
  return has_bit(identify(1).ecx, kOsxsave) && (_xgetbv(0) & mask) == mask;
}

bool detect_avx2() {
  constexpr unsigned kYmm = 0x6;
  const Registers one = identify(1);
  return has_bit(one.ecx, 12) && has_bit(one.ecx, 29) && has_bit(identify(7).ebx, 5) && system_saves(kYmm);
}

bool detect_avx512() {
  constexpr unsigned kZmm = 0xE6;
  const Registers seven = identify(7);
  return detect_avx2() && has_bit(seven.ebx, 16) && has_bit(seven.ebx, 30) && has_bit(seven.ebx, 31) &&
         has_bit(seven.ecx, 11) && system_saves(kZmm);
}

#elif defined(__x86_64__)

// Not every compiler knows the name "f16c" here; every processor with AVX2 has it.
bool detect_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

bool detect_avx512() {
  return detect_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
}

#else

bool detect_avx2() { return false; }
bool detect_avx512() { return false; }

#endif

}  // namespace

bool has_avx2() {
  static const bool detected = detect_avx2();
  return detected;
}

bool has_avx512() {
  static const bool detected = detect_avx512();
  return detected;
}

}  // namespace hotset
