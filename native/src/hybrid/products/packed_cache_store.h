// Where packed caches lie, making one that is not there, and what becomes of them when the disk is short.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "gguf/model_file.h"
#include "hybrid/products/packed_cache.h"
#include "hybrid/products/packed_plan.h"
#include "progress.h"

namespace hotset {

/// `packed` in the cache folder; a model has a file there for each plan. Empty where there is no such folder.
std::filesystem::path packed_cache_folder();

/// Removes caches from `folder`, those used longest ago first, until has_room() says that there is enough.
/// Throws Error kBadInput where there is too little without any of them.
void make_room(const std::filesystem::path& folder, const std::function<bool()>& has_room);

/// The cache of `model`, built where there is none or one that does not fit, with one line in the log, and
/// read ahead. Null, with one line in the log, where none can be written; null where the rows are fewer than
/// 256 MiB, which are packed in no time. Throws what `progress` throws.
///
/// What is written leaves 2 GiB of the disk free; other caches go for that.
std::unique_ptr<PackedCache> open_or_build_packed_cache(const ModelFile& model, const PackedPlan& plan,
                                                        const MatrixSource& source, int threads,
                                                        const Progress& progress);

}  // namespace hotset
