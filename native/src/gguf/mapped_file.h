// A file's bytes as read-only memory: pages are read when first touched, and shared with every other reader.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

namespace hotset {

/// What a file's pages are wished to be. Large ones take less looking up while all of a file is read over and
/// over, and bring in more than was asked for where only a little of it is.
enum class Pages { kOrdinary, kLarge };

class MappedFile {
 public:
  /// Throws Error kBadInput where the file cannot be opened or mapped. Precondition: the file is not empty.
  explicit MappedFile(const std::filesystem::path& path, Pages pages = Pages::kOrdinary);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  /// Starts at a page boundary.
  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::span<const std::byte> bytes_;
};

/// Has the system read mapped bytes now, and enter them in this process's page tables where it can. Only a
/// wish: what it cannot do is done at the first touch.
void read_ahead(std::span<const std::byte> mapped);

}  // namespace hotset
