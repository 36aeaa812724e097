# Fuzz targets, for libFuzzer: built where HOTSET_SANITIZE is fuzzer, by clang. `npm run fuzz` runs them.
#
# What reads files of strangers is compiled anew, with sanitizers and coverage; all else, kernels above all, comes from
# the ordinary build, which HOTSET_CORE_ARCHIVE names.
add_library(hotset_fuzzed STATIC EXCLUDE_FROM_ALL
  src/gguf/architecture.cpp
  src/gguf/derived_file.cpp
  src/gguf/fingerprint.cpp
  src/gguf/gguf_stream.cpp
  src/gguf/libllama_check.cpp
  src/gguf/llama_layout.cpp
  src/gguf/mapped_file.cpp
  src/gguf/metadata.cpp
  src/gguf/model_file.cpp
  src/gguf/printable.cpp
  src/gguf/vocabulary_check.cpp
  src/neurons/gpu_index.cpp
  src/neurons/predictor_file.cpp
  src/neurons/profile.cpp
  src/neurons/selection_curve.cpp
  src/neurons/split.cpp
  fuzz/gguf_image.cpp
  fuzz/gguf_mutator.cpp
  fuzz/harness.cpp
  fuzz/parts.cpp)
target_include_directories(hotset_fuzzed PUBLIC src)
target_link_libraries(hotset_fuzzed PUBLIC "${HOTSET_CORE_ARCHIVE}" llama_cpp Threads::Threads PRIVATE hotset_warnings)
target_compile_definitions(hotset_fuzzed PUBLIC
  HOTSET_LLAMA_SOURCE="${HOTSET_LLAMA_SOURCE}"
  HOTSET_LLAMA_LIBRARIES="${HOTSET_LLAMA_LIBRARIES}")

add_custom_target(hotset_fuzzers)

function(hotset_fuzz_target name source)
  add_executable(fuzz_${name} EXCLUDE_FROM_ALL fuzz/targets/${source}.cpp ${ARGN})
  target_link_libraries(fuzz_${name} PRIVATE hotset_fuzzed hotset_warnings)
  target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  add_dependencies(hotset_fuzzers fuzz_${name})
endfunction()

foreach(target gguf gpuidx model neuron_cache packed_cache predictors profile vocabulary)
  hotset_fuzz_target(${target} ${target} fuzz/gguf_hooks.cpp)
endforeach()
hotset_fuzz_target(powerinfer model fuzz/gguf_hooks.cpp)
hotset_fuzz_target(split split)
hotset_fuzz_target(text text)

# Our own writers, as the ordinary build has them.
add_executable(hotset_fuzz_seeds EXCLUDE_FROM_ALL fuzz/write_seeds.cpp test/powerinfer_file.cpp)
target_link_libraries(hotset_fuzz_seeds PRIVATE hotset_fuzzed hotset_warnings)
target_compile_options(hotset_fuzz_seeds PRIVATE -fno-sanitize=fuzzer-no-link)
add_dependencies(hotset_fuzzers hotset_fuzz_seeds)
