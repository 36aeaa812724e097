#include "runtime/processor_quota.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <string>

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

std::optional<double> read_number(std::istream& stream) {
  double number = 0.0;
  if (!(stream >> number)) return std::nullopt;
  return number;
}

/// cpu.max is "quota period", or "max period" where there is no limit.
Quota quota_of_version2(const Path& group) {
  std::ifstream file(group / "cpu.max");
  const auto quota = read_number(file);
  const auto period = quota ? read_number(file) : std::nullopt;
  return period ? share(*quota, *period) : std::nullopt;
}

Quota quota_of_version1(const Path& group) {
  std::ifstream quota_file(group / "cpu.cfs_quota_us");
  std::ifstream period_file(group / "cpu.cfs_period_us");
  const auto quota = read_number(quota_file);
  const auto period = read_number(period_file);
  return quota && period ? share(*quota, *period) : std::nullopt;
}

/// Inside a container the lower groups are not to be seen: the container's own is at the top then.
Quota least_up_to(const Path& top, const Path& own, const std::function<Quota(const Path&)>& quota_of) {
  Quota found;
  for (Path group = top / own.relative_path();; group = group.parent_path()) {
    found = least(found, quota_of(group));
    if (group == top || !group.has_relative_path()) return found;
  }
}

/// Of a list such as "cpu,cpuacct".
bool has_processors(const std::string& controllers) {
  return ("," + controllers + ",").find(",cpu,") != std::string::npos;
}

}  // namespace

std::optional<double> processor_quota(const Path& groups, const Path& membership) {
  Quota found;
  std::ifstream file(membership);
  std::string number;
  std::string controllers;
  std::string path;
  // Lines are "number:controllers:path"; version 2 has one, without controllers.
  while (std::getline(file, number, ':') && std::getline(file, controllers, ':') &&
         std::getline(file, path)) {
    if (controllers.empty()) found = least(found, least_up_to(groups, path, quota_of_version2));
    if (!has_processors(controllers)) continue;
    // Mounted under the names of its controllers, with a link named "cpu".
    for (const char* mounted : {"cpu", "cpu,cpuacct", "cpuacct,cpu"}) {
      found = least(found, least_up_to(groups / mounted, path, quota_of_version1));
    }
  }
  return found;
}

}  // namespace hotset
