// Reads whole files and writes damaged ones.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

namespace hotset::test {

inline std::vector<char> content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// The first `length` of the bytes.
inline void write_content(const std::filesystem::path& path, const std::vector<char>& bytes,
                          std::size_t length) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(length));
}

}  // namespace hotset::test
