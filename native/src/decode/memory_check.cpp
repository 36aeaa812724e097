#include "decode/memory_check.h"

#include <array>
#include <cstdio>
#include <string>

#include "error.h"

namespace hotset {
namespace {

// Activations of one chunk, logits and the threads' own memory.
constexpr std::uint64_t kWorkingMemory = std::uint64_t{64} << 20U;

std::string in_gibibytes(std::uint64_t bytes) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f GiB",
                static_cast<double>(bytes) / static_cast<double>(1U << 30U));
  return text.data();
}

}  // namespace

std::uint64_t kv_cache_size(const ModelFile& file, int context_length) {
  constexpr std::uint64_t kHalf = 2;
  const auto per_token =
      static_cast<std::uint64_t>(file.kv_heads) *
      (static_cast<std::uint64_t>(file.key_length) + static_cast<std::uint64_t>(file.value_length));
  return static_cast<std::uint64_t>(file.layers) * static_cast<std::uint64_t>(context_length) * per_token *
         kHalf;
}

void require_memory(const ModelFile& file, int context_length, std::uint64_t available) {
  const std::uint64_t needed = file.size_bytes + kv_cache_size(file, context_length) + kWorkingMemory;
  if (needed <= available) return;
  throw Error(ErrorKind::kOutOfMemory,
              file.path.string() + ": the model needs " + in_gibibytes(needed) + " of memory, " +
                  in_gibibytes(available) +
                  " are free: choose a smaller model or context, or close other programs");
}

}  // namespace hotset
