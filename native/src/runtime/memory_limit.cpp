#include "runtime/memory_limit.h"

#include <algorithm>
#include <string>
#include <vector>

#include "runtime/control_groups.h"

namespace hotset {
namespace {

using Path = std::filesystem::path;
using Bytes = std::optional<std::uint64_t>;

/// How the two versions of control groups name the same things.
struct GroupFiles {
  std::vector<std::string> limits;
  std::string used;
  /// Entries of memory.stat: pages of files, mapped or not, that can be read again.
  std::vector<std::string> cached;
};

const GroupFiles& version1() {
  static const GroupFiles files{.limits = {"memory.limit_in_bytes"},
                                .used = "memory.usage_in_bytes",
                                .cached = {"total_inactive_file", "total_active_file"}};
  return files;
}

const GroupFiles& version2() {
  static const GroupFiles files{.limits = {"memory.max", "memory.high"},
                                .used = "memory.current",
                                .cached = {"inactive_file", "active_file"}};
  return files;
}

Bytes left_in(const Path& group, const GroupFiles& files) {
  Bytes limit;
  for (const std::string& name : files.limits) {
    const Bytes each = read_number(group / name);
    if (each) limit = std::min(limit.value_or(*each), *each);
  }
  const Bytes used = read_number(group / files.used);
  if (!limit || !used) return std::nullopt;
  std::uint64_t held = *used;
  for (const std::string& name : files.cached) {
    held -= std::min(held, read_entry(group / "memory.stat", name).value_or(0));
  }
  return *limit - std::min(*limit, held);
}

}  // namespace

Bytes memory_left_in_groups(const Path& groups, const Path& membership) {
  Bytes left;
  const auto look = [&](const Path& top, const Path& own, const GroupFiles& files) {
    for_each_group(top, own, [&](const Path& group) {
      const Bytes here = left_in(group, files);
      if (here) left = std::min(left.value_or(*here), *here);
    });
  };
  for (const auto& [controllers, path] : group_memberships(membership)) {
    if (controllers.empty()) look(groups, path, version2());
    if (has_controller(controllers, "memory")) look(groups / "memory", path, version1());
  }
  return left;
}

}  // namespace hotset
