// Writes a GGUF whose tensors are too large to be held in memory: the header is planned first, tensor data
// comes in pieces, in any order and from any thread. Until everything is there the file has another name and
// no header, so that a broken-off one is never taken for whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "ggml.h"
#include "gguf.h"

namespace hotset {

/// Throws Error kBadInput where the disk of `path` has less than `bytes` left.
void require_room(const std::filesystem::path& path, std::uint64_t bytes);

class GgufStream {
 public:
  /// `path`: the name that the finished file gets.
  explicit GgufStream(std::filesystem::path path);
  /// Removes what is there of a file that was not finished.
  ~GgufStream();
  GgufStream(const GgufStream&) = delete;
  GgufStream& operator=(const GgufStream&) = delete;

  /// The keys, to be set before begin(). After it, texts may be replaced by others of the same length.
  gguf_context* keys() { return gguf_.get(); }

  /// Plans a tensor; shape as ggml's ne, the innermost dimension first. Returns its number. Before begin().
  std::size_t plan(const std::string& name, ggml_type type, std::initializer_list<std::int64_t> shape);

  /// Bytes of the whole file as planned.
  std::uint64_t planned_bytes() const;

  /// Where a tensor's data begins in the file. After begin().
  std::uint64_t data_offset(std::size_t tensor) const;

  /// Throws Error kBadInput where the disk has too little room or the file cannot be made.
  void begin();

  /// Writes `bytes` of a tensor from `offset` on. From any thread, between begin() and finish().
  /// Throws Error kBadInput where the file cannot be written. Precondition: they lie inside the tensor.
  void write(std::size_t tensor, std::uint64_t offset, std::span<const std::byte> bytes);

  /// Hash of samples of what was written so far behind the header (see sample_hash()). After begin().
  std::uint64_t data_hash();

  /// Writes the header and gives the file its name. Throws Error kBadInput as write() does.
  void finish();

 private:
  struct Free {
    void operator()(gguf_context* context) const { gguf_free(context); }
  };

  [[noreturn]] void fail() const;
  void put(std::uint64_t position, std::span<const std::byte> bytes);

  std::filesystem::path path_;
  std::filesystem::path partial_path_;
  std::unique_ptr<gguf_context, Free> gguf_;
  std::uint64_t header_bytes_ = 0;
  std::mutex mutex_;
  std::fstream file_;
  bool finished_ = false;
};

/// `value` as a tensor's bytes.
template <typename T>
std::span<const std::byte> bytes_of(const std::vector<T>& values) {
  return std::as_bytes(std::span(values));
}

}  // namespace hotset
