// Typed look-ups in a GGUF's key-value section that never trust a key's type.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gguf.h"

namespace hotset {

/// The parsed header of one GGUF file: keys, values and tensor descriptions, no tensor data.
class Metadata {
 public:
  /// Parses the header of `path`, whose size is `size_bytes`. PowerInfer's files, GGUF but for their first
  /// four bytes, are read as well. Throws Error kBadModel: no GGUF, an unsupported version, a damaged or
  /// truncated header.
  static Metadata read(const std::filesystem::path& path, std::uint64_t size_bytes);

  const gguf_context* context() const { return context_.get(); }

  /// Whether the file is PowerInfer's (magic `PWRI`).
  bool powerinfer() const { return powerinfer_; }

  /// Values of the wrong type, negative or too large count as absent.
  std::optional<std::uint64_t> unsigned_integer(const std::string& key) const;
  std::optional<double> real(const std::string& key) const;
  std::optional<bool> boolean(const std::string& key) const;
  std::optional<std::string> text(const std::string& key) const;

  /// An array of F32; empty where the key is absent or of another type.
  std::vector<float> reals(const std::string& key) const;

  bool has(const std::string& key) const { return find(key) >= 0; }
  bool is_array(const std::string& key) const;
  /// Number of elements of an array, 0 where the key is absent or no array.
  std::size_t array_length(const std::string& key) const;
  /// The value of a key that is one integer for all layers or an array of one per layer; an array counts only
  /// if all its elements are the same.
  std::optional<std::uint64_t> uniform_unsigned(const std::string& key) const;

 private:
  struct Free {
    void operator()(gguf_context* context) const { gguf_free(context); }
  };

  Metadata(gguf_context* context, bool powerinfer) : context_(context), powerinfer_(powerinfer) {}
  std::int64_t find(const std::string& key) const;

  std::unique_ptr<gguf_context, Free> context_;
  bool powerinfer_;
};

}  // namespace hotset
