// The packed rows of a model in a file of their own: mapped, they need not be packed again for every load,
// and lie once in memory for all processes. One tensor (I8) that holds the plan's memory from its first
// address on that is a multiple of 64.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

#include "gguf/mapped_file.h"
#include "gguf/model_file.h"
#include "hybrid/products/packed_plan.h"
#include "progress.h"

namespace hotset {

class PackedCache {
 public:
  /// Throws Error: kBadInput (no such file), kBadModel (no cache, of another model, plan or version,
  /// truncated or damaged).
  static std::unique_ptr<PackedCache> open(const std::filesystem::path& path, const ModelFile& model,
                                           const PackedPlan& plan);

  /// [plan.bytes()], aligned to 64 bytes.
  std::span<const std::byte> rows() const { return rows_; }

  /// Has the system bring the rows into memory and into this process's tables, on `threads` threads: the
  /// first pass over them would otherwise stop at every page.
  void read_ahead(int threads, const Progress& progress) const;

 private:
  explicit PackedCache(const std::filesystem::path& path) : file_(path, Pages::kLarge) {}

  MappedFile file_;
  std::span<const std::byte> rows_;
};

/// Writes the cache to `path`, some 64 MiB in memory at a time. What `progress` throws ends the
/// work and leaves nothing behind. Throws Error kBadInput where it cannot be written.
void build_packed_cache(const ModelFile& model, const PackedPlan& plan, const MatrixSource& source,
                        int threads, const std::filesystem::path& path, const Progress& progress);

}  // namespace hotset
