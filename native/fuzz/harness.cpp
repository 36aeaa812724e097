#include "harness.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string_view>
#include <system_error>

#include "runtime/backends.h"
#include "runtime/log.h"

namespace hotset::fuzz {
namespace {

class Folder {
 public:
  Folder() {
    std::error_code missing;
    const std::filesystem::path memory = "/dev/shm";
    const auto base =
        std::filesystem::is_directory(memory, missing) ? memory : std::filesystem::temp_directory_path();
    path_ = base / ("hotset-fuzz-" + std::to_string(getpid()));
    std::filesystem::create_directories(path_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;  // a leftover is no reason to fail
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace

const std::filesystem::path& scratch_folder() {
  static const Folder folder;
  return folder.path();
}

std::filesystem::path as_file(Input input, const std::string& name) {
  const std::filesystem::path path = scratch_folder() / name;
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(input.data()), static_cast<std::streamsize>(input.size()));
  return path;
}

void require(bool is_so, const char* what) {
  if (is_so) return;
  std::fprintf(stderr, "wrong: %s\n", what);
  std::abort();
}

void require_clear(const std::string& message, const std::filesystem::path& path) {
  const bool printable =
      std::ranges::none_of(message, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
  if (printable && message.starts_with(path.string())) return;
  std::fprintf(stderr, "not one clear line that names %s: %s\n", path.c_str(), message.c_str());
  std::abort();
}

void start_engine() {
  static const bool started = [] {
    static const LogSubscription silence([](LogLevel, std::string_view) {});
    load_backends(HOTSET_LLAMA_LIBRARIES);
    return true;
  }();
  require(started, "the engine starts");
}

}  // namespace hotset::fuzz
