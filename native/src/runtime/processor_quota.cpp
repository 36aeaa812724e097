#include "runtime/processor_quota.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <string>

#include "runtime/control_groups.h"

namespace hotset {
namespace {

using Path = std::filesystem::path;
using Quota = std::optional<double>;

Quota least(Quota a, Quota b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

/// Both in microseconds; a quota below zero is none.
Quota share(double quota, double period) {
  if (quota < 0 || period <= 0) return std::nullopt;
  return quota / period;
}

std::optional<double> next_number(std::istream& stream) {
  double number = 0.0;
  if (!(stream >> number)) return std::nullopt;
  return number;
}

/// cpu.max is "quota period", or "max period" where there is no limit.
Quota quota_of_version2(const Path& group) {
  std::ifstream file(group / "cpu.max");
  const auto quota = next_number(file);
  const auto period = quota ? next_number(file) : std::nullopt;
  return period ? share(*quota, *period) : std::nullopt;
}

Quota quota_of_version1(const Path& group) {
  std::ifstream quota_file(group / "cpu.cfs_quota_us");
  std::ifstream period_file(group / "cpu.cfs_period_us");
  const auto quota = next_number(quota_file);
  const auto period = next_number(period_file);
  return quota && period ? share(*quota, *period) : std::nullopt;
}

Quota least_up_to(const Path& top, const Path& own, const std::function<Quota(const Path&)>& quota_of) {
  Quota found;
  for_each_group(top, own, [&](const Path& group) { found = least(found, quota_of(group)); });
  return found;
}

}  // namespace

std::optional<double> processor_quota(const Path& groups, const Path& membership) {
  Quota found;
  for (const auto& [controllers, path] : group_memberships(membership)) {
    if (controllers.empty()) found = least(found, least_up_to(groups, path, quota_of_version2));
    if (!has_controller(controllers, "cpu")) continue;
    // Mounted under the names of its controllers, with a link named "cpu".
    for (const char* mounted : {"cpu", "cpu,cpuacct", "cpuacct,cpu"}) {
      found = least(found, least_up_to(groups / mounted, path, quota_of_version1));
    }
  }
  return found;
}

}  // namespace hotset
