#include "kernels/processor.h"

#include <cstddef>

#if defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#elif defined(__aarch64__) && defined(__APPLE__)
#include <sys/sysctl.h>
#elif defined(_M_ARM64)
#include <windows.h>
#endif

#if defined(_M_X64) && !defined(__clang__)
#include <immintrin.h>
#include <intrin.h>
#elif defined(__x86_64__)
#include <cpuid.h>
#endif

namespace hotset {
namespace {

#if defined(_M_X64) && !defined(__clang__)

struct Registers {
  int eax, ebx, ecx, edx;
};

Registers identify(int leaf, int part = 0) {
  int values[4];
  __cpuidex(values, leaf, part);
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

bool detect_avx_vnni() { return detect_avx2() && has_bit(identify(7, 1).eax, 4); }

bool detect_avx512() {
  constexpr unsigned kZmm = 0xE6;
  const Registers seven = identify(7);
  return detect_avx2() && has_bit(seven.ebx, 16) && has_bit(seven.ebx, 30) && has_bit(seven.ebx, 31) &&
         has_bit(seven.ecx, 11) && system_saves(kZmm);
}

bool detect_vector_popcount() { return detect_avx512() && has_bit(identify(7).ecx, 14); }

#elif defined(__x86_64__)

// Not every compiler knows the name "f16c" here; every processor with AVX2 has it.
bool detect_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

// Compilers have different names for it.
bool detect_avx_vnni() {
  constexpr unsigned kAvxVnni = 1U << 4U;
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  return detect_avx2() && __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) != 0 && (eax & kAvxVnni) != 0;
}

bool detect_avx512() {
  return detect_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
}

bool detect_vector_popcount() { return detect_avx512() && __builtin_cpu_supports("avx512vpopcntdq"); }

#else

bool detect_avx2() { return false; }
bool detect_avx_vnni() { return false; }
bool detect_avx512() { return false; }
bool detect_vector_popcount() { return false; }

#endif

#if defined(__aarch64__) && defined(__linux__)

bool detect_dot_product() { return (::getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0; }

#elif defined(__aarch64__) && defined(__APPLE__)

bool detect_dot_product() {
  int found = 0;
  std::size_t size = sizeof found;
  return ::sysctlbyname("hw.optional.arm.FEAT_DotProd", &found, &size, nullptr, 0) == 0 && found != 0;
}

#elif defined(_M_ARM64)

bool detect_dot_product() { return ::IsProcessorFeaturePresent(PF_ARM_V82_DP_INSTRUCTIONS_AVAILABLE) != 0; }

#else

bool detect_dot_product() { return false; }

#endif

}  // namespace

bool has_avx2() {
  static const bool detected = detect_avx2();
  return detected;
}

bool has_avx_vnni() {
  static const bool detected = detect_avx_vnni();
  return detected;
}

bool has_avx512() {
  static const bool detected = detect_avx512();
  return detected;
}

bool has_vector_popcount() {
  static const bool detected = detect_vector_popcount();
  return detected;
}

bool has_dot_product() {
  static const bool detected = detect_dot_product();
  return detected;
}

}  // namespace hotset
