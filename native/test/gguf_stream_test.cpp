#include "gguf/gguf_stream.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <limits>
#include <string>

#include "error.h"

using namespace hotset;

namespace {

std::string refusal(const std::filesystem::path& path, std::uint64_t bytes) {
  try {
    require_room(path, bytes);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("what the disk has no room for is refused before anything is written, and by how much") {
  const std::filesystem::path here = std::filesystem::temp_directory_path() / "large.gguf";
  CHECK(refusal(here, 0).empty());
  CHECK(refusal(here, std::numeric_limits<std::uint64_t>::max())
            .find("large.gguf: 18446744073.7 GB are to be written and the disk has ") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(here));
}

#ifdef __linux__
TEST_CASE("a disk that lacks a little is told in figures that tell something") {
  // A file system without any room, on every Linux.
  const std::string left =
      " are to be written and the disk has 0.0 kB left: free some or choose another folder";
  CHECK(refusal("/proc/profile.gguf", 40'960) == "/proc/profile.gguf: 40.9 kB" + left);
  CHECK(refusal("/proc/profile.gguf", 2'500'000) == "/proc/profile.gguf: 2.5 MB" + left);
}
#endif
