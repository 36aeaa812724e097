#include "runtime/cache_folder.h"

#include <cstdlib>

namespace hotset {
namespace {

std::filesystem::path folder_in(const char* variable, const char* below) {
  const char* value = std::getenv(variable);
  return value == nullptr || *value == '\0' ? std::filesystem::path() : std::filesystem::path(value) / below;
}

}  // namespace

std::filesystem::path cache_folder() {
#if defined(_WIN32)
  return folder_in("LOCALAPPDATA", "hotset");
#elif defined(__APPLE__)
  return folder_in("HOME", "Library/Caches/hotset");
#else
  const std::filesystem::path chosen = folder_in("XDG_CACHE_HOME", "hotset");
  return chosen.empty() ? folder_in("HOME", ".cache/hotset") : chosen;
#endif
}

}  // namespace hotset
