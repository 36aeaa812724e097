#include "runtime/available_memory.h"

#include <algorithm>

#if defined(__linux__)
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#elif defined(__APPLE__)
#include <mach/mach.h>
#elif defined(_WIN32)
#include <windows.h>
#endif

namespace hotset {
namespace {

#if defined(__linux__)
/// The number behind `key` in a file of lines such as "MemAvailable:  123 kB".
std::optional<std::uint64_t> read_entry(const std::filesystem::path& path, const std::string& key) {
  std::ifstream file(path);
  std::string word;
  std::uint64_t value = 0;
  while (file >> word) {
    if (word == key && file >> value) return value;
    file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return std::nullopt;
}

/// Empty for "max" too, which stands where there is no limit.
std::optional<std::uint64_t> read_number(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::uint64_t value = 0;
  if (!(file >> value)) return std::nullopt;
  return value;
}

std::uint64_t free_below(std::uint64_t limit, std::uint64_t used, std::uint64_t reclaimable) {
  const std::uint64_t held = used > reclaimable ? used - reclaimable : 0;
  return limit > held ? limit - held : 0;
}

/// How the two versions of control groups name the same things.
struct GroupFiles {
  std::filesystem::path top;
  std::string limit;
  std::string used;
  std::string reclaimable;
};

/// Every group from this process's own up to the top may set a limit. Inside a container the lower ones are
/// not to be seen: the container's own is at the top then.
std::uint64_t available_in_group(const GroupFiles& files, const std::filesystem::path& own) {
  std::uint64_t available = kUnknownMemory;
  for (std::filesystem::path group = files.top / own.relative_path();; group = group.parent_path()) {
    const auto limit = read_number(group / files.limit);
    const auto used = read_number(group / files.used);
    if (limit && used) {
      const std::uint64_t cache = read_entry(group / "memory.stat", files.reclaimable).value_or(0);
      available = std::min(available, free_below(*limit, *used, cache));
    }
    if (group == files.top || !group.has_relative_path()) return available;
  }
}

/// Lines of /proc/self/cgroup are "number:controllers:path"; version 2 has one, without controllers.
std::uint64_t available_in_control_groups() {
  const GroupFiles version1{"/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes",
                            "total_inactive_file"};
  const GroupFiles version2{"/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"};

  std::uint64_t available = kUnknownMemory;
  std::ifstream file("/proc/self/cgroup");
  std::string number;
  std::string controllers;
  std::string path;
  while (std::getline(file, number, ':') && std::getline(file, controllers, ':') &&
         std::getline(file, path)) {
    if (controllers == "memory") available = std::min(available, available_in_group(version1, path));
    if (controllers.empty()) available = std::min(available, available_in_group(version2, path));
  }
  return available;
}

std::uint64_t available_on_machine() {
  const auto kibibytes = read_entry("/proc/meminfo", "MemAvailable:");
  return kibibytes ? *kibibytes * 1024 : kUnknownMemory;
}
#elif defined(__APPLE__)
std::uint64_t available_on_machine() {
  vm_statistics64_data_t statistics;
  mach_msg_type_number_t count = HOST_VM_INFO64_COUNT;
  const auto out = reinterpret_cast<host_info64_t>(&statistics);
  if (host_statistics64(mach_host_self(), HOST_VM_INFO64, out, &count) != KERN_SUCCESS) return kUnknownMemory;
  const std::uint64_t pages = std::uint64_t{statistics.free_count} + statistics.inactive_count +
                              statistics.purgeable_count + statistics.speculative_count;
  return pages * vm_page_size;
}

std::uint64_t available_in_control_groups() { return kUnknownMemory; }
#elif defined(_WIN32)
std::uint64_t available_on_machine() {
  MEMORYSTATUSEX status;
  status.dwLength = sizeof(status);
  return GlobalMemoryStatusEx(&status) ? status.ullAvailPhys : kUnknownMemory;
}

std::uint64_t available_in_control_groups() { return kUnknownMemory; }
#else
std::uint64_t available_on_machine() { return kUnknownMemory; }

std::uint64_t available_in_control_groups() { return kUnknownMemory; }
#endif

}  // namespace

std::uint64_t available_memory() { return std::min(available_on_machine(), available_in_control_groups()); }

}  // namespace hotset
