// A file in the temporary folder that goes away with the object.
#pragma once

#include <atomic>
#include <filesystem>
#include <string>

#ifdef _WIN32
#include <process.h>
#else
#include <unistd.h>
#endif

namespace hotset::test {

class ScratchFile {
 public:
  explicit ScratchFile(const std::string& suffix = ".gguf") : path_(unique_path(suffix)) {}
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  ~ScratchFile() {
    std::error_code ignored;  // a leftover in the temporary folder is no reason to fail a test
    std::filesystem::remove(path_, ignored);
  }

  const std::filesystem::path& path() const { return path_; }

 private:
  static std::filesystem::path unique_path(const std::string& suffix) {
    static std::atomic<int> counter{0};
    const std::string name =
        "hotset-test-" + std::to_string(getpid()) + "-" + std::to_string(counter++) + suffix;
    return std::filesystem::temp_directory_path() / name;
  }

  std::filesystem::path path_;
};

}  // namespace hotset::test
