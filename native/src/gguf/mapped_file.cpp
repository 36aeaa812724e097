#include "gguf/mapped_file.h"

#include <cstdint>

#include "error.h"

#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#else
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace hotset {
namespace {

Error cannot_map(const std::filesystem::path& path) {
  return {ErrorKind::kBadInput, path.string() + ": cannot be mapped into memory; check its permissions"};
}

#ifdef _WIN32

std::span<const std::byte> map_file(const std::filesystem::path& path, Pages /*pages*/) {
  HANDLE file = CreateFileW(path.c_str(), GENERIC_READ, FILE_SHARE_READ, nullptr, OPEN_EXISTING, 0, nullptr);
  if (file == INVALID_HANDLE_VALUE) throw cannot_map(path);
  LARGE_INTEGER size{};
  const bool sized = GetFileSizeEx(file, &size) != 0;
  HANDLE mapping = sized ? CreateFileMappingW(file, nullptr, PAGE_READONLY, 0, 0, nullptr) : nullptr;
  void* view = mapping != nullptr ? MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0) : nullptr;
  // The view keeps the mapping and the file open.
  if (mapping != nullptr) CloseHandle(mapping);
  CloseHandle(file);
  if (view == nullptr) throw cannot_map(path);
  return {static_cast<const std::byte*>(view), static_cast<std::size_t>(size.QuadPart)};
}

void unmap(std::span<const std::byte> bytes) { UnmapViewOfFile(bytes.data()); }

void read_pages(std::span<const std::byte> bytes) {
  WIN32_MEMORY_RANGE_ENTRY range{const_cast<std::byte*>(bytes.data()), bytes.size()};
  PrefetchVirtualMemory(GetCurrentProcess(), 1, &range, 0);
}

#else

void* map_anywhere(int file, std::size_t size) {
  return ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file, 0);
}

#ifdef __linux__

/// Room for a mapping whose pages lie in memory as they do in the file, to large ones; nullptr where there is
/// none.
void* reserve_for_large_pages(std::size_t size) {
  constexpr std::size_t kLargePage = std::size_t{2} << 20U;
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t whole = (size + page - 1) / page * page;
  void* room = ::mmap(nullptr, whole + kLargePage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (room == MAP_FAILED) return nullptr;
  auto* begin = static_cast<std::byte*>(room);
  const std::size_t before = kLargePage - reinterpret_cast<std::uintptr_t>(begin) % kLargePage;
  ::munmap(begin, before);
  if (before < kLargePage) ::munmap(begin + before + whole, kLargePage - before);
  return begin + before;
}

/// Large pages come since Linux 6.16, from file systems that have them; elsewhere ordinary ones do.
void* map_large(int file, std::size_t size) {
  void* room = reserve_for_large_pages(size);
  if (room == nullptr) return map_anywhere(file, size);
  void* view = ::mmap(room, size, PROT_READ, MAP_SHARED | MAP_FIXED, file, 0);
  if (view == MAP_FAILED) {
    ::munmap(room, size);
  } else {
    ::madvise(view, size, MADV_HUGEPAGE);
  }
  return view;
}

#else

void* map_large(int file, std::size_t size) { return map_anywhere(file, size); }

#endif

std::span<const std::byte> map_file(const std::filesystem::path& path, Pages pages) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) throw cannot_map(path);
  struct stat status {};
  void* view = MAP_FAILED;
  std::size_t size = 0;
  if (::fstat(file, &status) == 0) {
    size = static_cast<std::size_t>(status.st_size);
    view = pages == Pages::kLarge ? map_large(file, size) : map_anywhere(file, size);
  }
  ::close(file);  // the mapping keeps the file open
  if (view == MAP_FAILED) throw cannot_map(path);
  return {static_cast<const std::byte*>(view), size};
}

void unmap(std::span<const std::byte> bytes) { ::munmap(const_cast<std::byte*>(bytes.data()), bytes.size()); }

void read_pages(std::span<const std::byte> bytes) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t before = reinterpret_cast<std::uintptr_t>(bytes.data()) % page;
  auto* address = const_cast<std::byte*>(bytes.data()) - before;
  const std::size_t size = bytes.size() + before;
#ifdef MADV_POPULATE_READ
  // Since Linux 5.14.
  if (::madvise(address, size, MADV_POPULATE_READ) == 0) return;
#endif
  ::madvise(address, size, MADV_WILLNEED);
}

#endif

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path, Pages pages) : bytes_(map_file(path, pages)) {}

void read_ahead(std::span<const std::byte> mapped) { read_pages(mapped); }

MappedFile::~MappedFile() { unmap(bytes_); }

}  // namespace hotset
