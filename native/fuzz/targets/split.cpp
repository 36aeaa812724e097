// Models divided into several files: libllama reads them all, after us.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <string>

#include "../gguf_mutator.h"
#include "../harness.h"
#include "../parts.h"
#include "decode/open_model.h"

using namespace hotset;

namespace {

constexpr std::size_t kMostParts = 3;
const CancelFlag kNever{false};

std::string name_of(std::size_t part, std::size_t parts) {
  std::array<char, 40> name{};
  std::snprintf(name.data(), name.size(), "model-%05zu-of-%05zu.gguf", part, parts);
  return name.data();
}

void load(const std::filesystem::path& path) {
  LoadOptions options;
  options.path = path;
  options.context_length = 64;
  options.threads = 1;
  const LoadedModel model = open_model(
      options, [](double) {}, kNever);
  model.decoder->append(std::array<Token, 2>{1, 2}, kNever);
}

}  // namespace

/// Breaks one of the parts.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t longest,
                                               unsigned int seed) {
  fuzz::Chance chance(seed);
  auto parts = fuzz::parts_of({data, size}, kMostParts);
  if (parts.empty()) parts.emplace_back();
  fuzz::Bytes& part = parts[chance() % parts.size()];
  part = fuzz::broken(part, longest, chance);
  if (chance() % 16 == 0) parts.pop_back();
  fuzz::Bytes result = fuzz::joined(parts);
  result.resize(std::min(result.size(), longest));
  std::copy(result.begin(), result.end(), data);
  return result.size();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::start_engine();
  const auto parts = fuzz::parts_of({data, size}, kMostParts);
  std::filesystem::path first;
  for (std::size_t i = parts.size(); i > 0; --i)
    first = fuzz::as_file(parts[i - 1], name_of(i, parts.size()));
  if (first.empty()) return 0;
  // Whichever part is bad is named.
  const bool good = fuzz::accepts(fuzz::scratch_folder(), [&] { ModelFile::open(first); });
  if (!good) return 0;
  try {
    load(first);
  } catch (const Error&) {
    // libllama has its own opinion of what we let through.
  }
  return 0;
}
