// The model that ships with the extension, and its profile.
#pragma once

#include <doctest/doctest.h>

#include <filesystem>

namespace hotset::test {

/// The one models/*.gguf that does not lie beside a model.
inline std::filesystem::path embedded_model() {
  std::filesystem::path found;
  for (const auto& entry : std::filesystem::directory_iterator(HOTSET_MODELS)) {
    const std::string name = entry.path().filename().string();
    const bool beside = name.ends_with(".profile.gguf") || name.ends_with(".predictors.gguf");
    if (name.ends_with(".gguf") && !beside) found = entry.path();
  }
  REQUIRE(!found.empty());
  return found;
}

inline std::filesystem::path embedded_profile() {
  return embedded_model().replace_extension(".profile.gguf");
}

}  // namespace hotset::test
