#include "hybrid/products/packed_cache.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "gguf/derived_file.h"
#include "gguf/fingerprint.h"
#include "gguf/gguf_stream.h"
#include "runtime/large_memory.h"
#include "runtime/parallel.h"

namespace hotset {
namespace {

/// The version is of the form that pack_group() and pack_coarse() write: a file of another one is replaced.
constexpr DerivedKind kKind{.architecture = "hotset.packed", .version = 3};
constexpr const char* kPlanKey = "hotset.packed.plan_fingerprint";
constexpr const char* kRows = "rows";
/// What kernels read in one go; GGUF aligns tensors to less.
constexpr std::size_t kAlignment = 64;
/// What is brought into memory between two reports of progress.
constexpr std::size_t kStretch = std::size_t{32} << 20U;

/// What is packed by all threads and then written in one go, one behind the other: the system keeps what it
/// gets so in large pages, and small ones cost decoding three to seven percent.
constexpr std::size_t kBatch = std::size_t{64} << 20U;

std::size_t end_of_batch(const std::vector<PackedPlan::Piece>& pieces, std::size_t first) {
  std::size_t bytes = 0;
  std::size_t end = first;
  while (end < pieces.size() && bytes < kBatch) bytes += pieces[end++].bytes;
  return end;
}

std::uint64_t aligned(std::uint64_t offset) { return (offset + kAlignment - 1) / kAlignment * kAlignment; }

}  // namespace

std::unique_ptr<PackedCache> PackedCache::open(const std::filesystem::path& path, const ModelFile& model,
                                               const PackedPlan& plan) {
  const DerivedFile derived(path, kKind, model);
  if (derived.metadata().text(kPlanKey) != plan.fingerprint()) derived.fail("has the rows in other places");
  const auto found = derived.file().tensors.find(kRows);
  if (found == derived.file().tensors.end() || found->second.size != plan.bytes() + kAlignment) {
    derived.fail("does not hold " + std::to_string(plan.bytes()) + " bytes of rows");
  }
  derived.check_data();
  std::unique_ptr<PackedCache> cache(new PackedCache(path));
  if (cache->file_.bytes().size() != derived.file().size_bytes) derived.fail("is being changed");
  cache->rows_ = cache->file_.bytes().subspan(aligned(found->second.offset), plan.bytes());
  return cache;
}

void PackedCache::read_ahead(int threads, const Progress& progress) const {
  const std::size_t stretches = (rows_.size() + kStretch - 1) / kStretch;
  parallel_for_reporting(threads, stretches, progress, [&](std::size_t i) {
    hotset::read_ahead(rows_.subspan(i * kStretch, std::min(kStretch, rows_.size() - i * kStretch)));
  });
}

void build_packed_cache(const ModelFile& model, const PackedPlan& plan, const MatrixSource& source,
                        int threads, const std::filesystem::path& path, const Progress& progress) {
  GgufStream file(path);
  begin_derived(file, kKind);
  gguf_set_val_str(file.keys(), kPlanKey, plan.fingerprint().c_str());
  const std::size_t rows =
      file.plan(kRows, GGML_TYPE_I8, {static_cast<std::int64_t>(plan.bytes() + kAlignment)});
  file.begin();
  const std::uint64_t begin = file.data_offset(rows);
  const std::vector<PackedPlan::Piece> pieces = plan.pieces();
  for (std::size_t first = 0; first < pieces.size();) {
    const std::size_t last = end_of_batch(pieces, first);
    const std::size_t place = pieces[first].place;
    LargeMemory batch(pieces[last - 1].place + pieces[last - 1].bytes - place);
    parallel_for(threads, last - first, [&](std::size_t i) {
      const PackedPlan::Piece& piece = pieces[first + i];
      plan.pack(piece, source, batch.bytes().data() + (piece.place - place));
    });
    file.write(rows, aligned(begin) - begin + place, batch.bytes());
    first = last;
    progress(static_cast<double>(first) / static_cast<double>(pieces.size()));
  }
  finish_derived(file, kKind, model_fingerprint(model));
}

}  // namespace hotset
