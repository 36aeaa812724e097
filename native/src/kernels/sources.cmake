target_sources(hotset_core PRIVATE
  src/kernels/attention_kernels.cpp
  src/kernels/attention_scalar.cpp
  src/kernels/ggml_grids.cpp
  src/kernels/kernels.cpp
  src/kernels/operand.cpp
  src/kernels/packing.cpp
  src/kernels/processor.cpp
  src/kernels/row_groups.cpp
  src/kernels/row_planes.cpp
  src/kernels/scalar.cpp
  src/kernels/scalar_groups.cpp
  src/kernels/signs.cpp
  src/kernels/widening.cpp)

# The reference: on ARM, GCC would join some multiplications and additions, and others not, as it happens to lay out a
# loop, and a column's sums would depend on how many columns there are.
if(NOT MSVC)
  set_source_files_properties(src/kernels/attention_scalar.cpp src/kernels/scalar.cpp src/kernels/scalar_groups.cpp
    PROPERTIES COMPILE_OPTIONS "-ffp-contract=off")
endif()

# One file per instruction set, each with that set's flags alone; kernels.cpp chooses at run time.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64" AND NOT CMAKE_OSX_ARCHITECTURES MATCHES "arm64")
  target_sources(hotset_core PRIVATE
    src/kernels/attention_avx2.cpp
    src/kernels/attention_avx512.cpp
    src/kernels/avx2.cpp
    src/kernels/avx512.cpp
    src/kernels/avx512_popcount.cpp)
  target_compile_definitions(hotset_core PRIVATE HOTSET_X86_KERNELS)
  # Compilers before GCC 11 and Clang 12 do not know it.
  include(CheckCXXCompilerFlag)
  if(MSVC)
    set(HOTSET_KNOWS_AVX_VNNI TRUE)
  else()
    check_cxx_compiler_flag(-mavxvnni HOTSET_KNOWS_AVX_VNNI)
  endif()
  if(HOTSET_KNOWS_AVX_VNNI)
    target_sources(hotset_core PRIVATE src/kernels/avx_vnni.cpp)
    target_compile_definitions(hotset_core PRIVATE HOTSET_AVX_VNNI)
  endif()
  if(MSVC)
    set_source_files_properties(src/kernels/avx2.cpp src/kernels/avx_vnni.cpp src/kernels/attention_avx2.cpp PROPERTIES
      COMPILE_OPTIONS "/arch:AVX2")
    set_source_files_properties(src/kernels/avx512.cpp src/kernels/attention_avx512.cpp src/kernels/avx512_popcount.cpp
      PROPERTIES
      COMPILE_OPTIONS "/arch:AVX512")
  else()
    set_source_files_properties(src/kernels/avx2.cpp src/kernels/attention_avx2.cpp PROPERTIES COMPILE_OPTIONS "-mavx2;-mfma;-mf16c;-mpopcnt")
    set_source_files_properties(src/kernels/avx_vnni.cpp PROPERTIES COMPILE_OPTIONS "-mavx2;-mfma;-mf16c;-mavxvnni")
    set_source_files_properties(src/kernels/avx512.cpp src/kernels/attention_avx512.cpp PROPERTIES
      COMPILE_OPTIONS "-mavx2;-mfma;-mf16c;-mavx512f;-mavx512bw;-mavx512vl;-mavx512vnni")
    set_source_files_properties(src/kernels/avx512_popcount.cpp PROPERTIES
      COMPILE_OPTIONS "-mavx512f;-mavx512vpopcntdq")
  endif()
endif()

if(CMAKE_OSX_ARCHITECTURES MATCHES "arm64" OR
   (NOT CMAKE_OSX_ARCHITECTURES AND CMAKE_SYSTEM_PROCESSOR MATCHES "arm64|aarch64|ARM64"))
  target_sources(hotset_core PRIVATE src/kernels/attention_neon.cpp src/kernels/neon.cpp src/kernels/neon_dot.cpp)
  target_compile_definitions(hotset_core PRIVATE HOTSET_ARM_KERNELS)
  if(NOT MSVC)
    set_source_files_properties(src/kernels/neon_dot.cpp PROPERTIES COMPILE_OPTIONS "-march=armv8.2-a+dotprod")
  endif()
endif()
