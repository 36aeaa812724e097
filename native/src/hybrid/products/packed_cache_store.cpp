#include "hybrid/products/packed_cache_store.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "error.h"
#include "gguf/fingerprint.h"
#include "runtime/cache_folder.h"
#include "runtime/log.h"

namespace hotset {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kWorthAFile = std::size_t{256} << 20U;
constexpr std::uint64_t kLeftFree = std::uint64_t{2} << 30U;
constexpr const char* kSuffix = ".packed.gguf";

/// Marks a cache as used now, for the order in which they go.
void touch(const fs::path& path) {
  std::error_code ignored;  // then it goes a little early
  fs::last_write_time(path, fs::file_time_type::clock::now(), ignored);
}

/// Null, and why, where none is good.
std::unique_ptr<PackedCache> open_existing(const fs::path& path, const ModelFile& model,
                                           const PackedPlan& plan, std::string& reason) {
  std::error_code unreadable;
  if (!fs::exists(path, unreadable)) return nullptr;
  try {
    auto cache = PackedCache::open(path, model, plan);
    touch(path);
    return cache;
  } catch (const Error& error) {
    reason = error.what();
    return nullptr;
  }
}

/// The caches in `folder`, those used longest ago first.
std::vector<fs::path> by_age(const fs::path& folder) {
  std::vector<std::pair<fs::file_time_type, fs::path>> found;
  std::error_code unreadable;
  for (const auto& entry : fs::directory_iterator(folder, unreadable)) {
    if (!entry.path().string().ends_with(kSuffix)) continue;
    const auto used = entry.last_write_time(unreadable);
    if (!unreadable) found.emplace_back(used, entry.path());
  }
  std::sort(found.begin(), found.end());
  std::vector<fs::path> paths;
  paths.reserve(found.size());
  for (auto& [used, path] : found) paths.push_back(std::move(path));
  return paths;
}

bool has_room(const fs::path& folder, std::uint64_t bytes) {
  std::error_code unknown;  // then writing will tell
  const fs::space_info space = fs::space(folder, unknown);
  return unknown || space.available >= bytes + kLeftFree;
}

}  // namespace

fs::path packed_cache_folder() {
  const fs::path folder = cache_folder();
  return folder.empty() ? folder : folder / "packed";
}

void make_room(const fs::path& folder, const std::function<bool()>& has_room) {
  for (const fs::path& path : by_age(folder)) {
    if (has_room()) return;
    std::error_code in_use;  // which some systems refuse; the next one may not be
    fs::remove(path, in_use);
  }
  if (!has_room()) throw Error(ErrorKind::kBadInput, folder.string() + ": the disk is nearly full");
}

std::unique_ptr<PackedCache> open_or_build_packed_cache(const ModelFile& model, const PackedPlan& plan,
                                                        const MatrixSource& source, int threads,
                                                        const Progress& progress) {
  const fs::path folder = packed_cache_folder();
  if (plan.bytes() < kWorthAFile || folder.empty()) return nullptr;
  const fs::path path = folder / (model_fingerprint(model) + "-" + plan.fingerprint() + kSuffix);
  std::string reason;
  auto cache = open_existing(path, model, plan, reason);
  if (cache) {
    cache->read_ahead(threads, progress);
    return cache;
  }
  log(LogLevel::kInfo, "packing the rows of " + model.path.string() + " once, in a file of their own" +
                           (reason.empty() ? "" : ": " + reason));
  WatchedProgress watched(progress);
  try {
    std::error_code unwritable;  // building says so
    fs::create_directories(folder, unwritable);
    make_room(folder, [&] { return has_room(folder, plan.bytes()); });
    build_packed_cache(model, plan, source, threads, path, watched.report());
    cache = PackedCache::open(path, model, plan);
    cache->read_ahead(threads, [](double) {});
    return cache;
  } catch (const Error& error) {
    if (watched.threw()) throw;
    log(LogLevel::kInfo, std::string(error.what()) + " (rows are packed in memory at every load)");
    return nullptr;
  }
}

}  // namespace hotset
