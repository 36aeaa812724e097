// Writes small GGUF files whole: profiles and predictors.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "ggml.h"
#include "gguf.h"

namespace hotset {

class GgufWriter {
 public:
  explicit GgufWriter(const std::string& architecture);

  void set(const std::string& key, const std::string& value);
  void set(const std::string& key, std::uint64_t value);
  void set(const std::string& key, float value);
  void set(const std::string& key, std::span<const float> values);

  /// values: as many as `shape` holds, innermost dimension first, converted to `type`.
  /// Precondition: the type needs no importance matrix, and rows are multiples of its block.
  void add(const std::string& name, ggml_type type, const std::vector<std::int64_t>& shape,
           std::span<const float> values);

  /// Writes `path` anew: a reader finds the old file or the new one, never half of one. Throws Error
  /// kBadInput where it cannot be written.
  void write(const std::filesystem::path& path) const;

 private:
  struct Free {
    void operator()(gguf_context* context) const { gguf_free(context); }
    void operator()(ggml_context* context) const { ggml_free(context); }
  };

  std::unique_ptr<gguf_context, Free> gguf_;
  std::vector<std::unique_ptr<ggml_context, Free>> tensors_;  ///< one for each
};

}  // namespace hotset
