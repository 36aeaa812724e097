#include "runtime/processors.h"

#include <algorithm>
#include <thread>

#include "runtime/processor_quota.h"

#if defined(__linux__)
#include <sched.h>

#include <fstream>
#include <set>
#include <string>
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#elif defined(_WIN32)
#include <windows.h>

#include <vector>
#endif

namespace hotset {
namespace {

/// 0 where the system does not tell.
#if defined(__linux__)
int count_cores() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) return 0;

  // Hyper-threads of one core all name the same siblings.
  std::set<std::string> cores;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    const std::string topology = "/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/";
    std::ifstream file(topology + "thread_siblings_list");
    std::string siblings;
    if (!std::getline(file, siblings)) return CPU_COUNT(&allowed);
    cores.insert(siblings);
  }
  return static_cast<int>(cores.size());
}
#elif defined(__APPLE__)
int read_count(const char* name) {
  int count = 0;
  std::size_t size = sizeof(count);
  return sysctlbyname(name, &count, &size, nullptr, 0) == 0 ? count : 0;
}

int count_cores() {
  const int fast = read_count("hw.perflevel0.physicalcpu");
  return fast > 0 ? fast : read_count("hw.physicalcpu");
}
#elif defined(_WIN32)
int count_cores() {
  DWORD bytes = 0;
  GetLogicalProcessorInformation(nullptr, &bytes);
  std::vector<SYSTEM_LOGICAL_PROCESSOR_INFORMATION> entries(bytes /
                                                            sizeof(SYSTEM_LOGICAL_PROCESSOR_INFORMATION));
  if (!GetLogicalProcessorInformation(entries.data(), &bytes)) return 0;
  return static_cast<int>(std::ranges::count_if(
      entries, [](const auto& entry) { return entry.Relationship == RelationProcessorCore; }));
}
#else
int count_cores() { return 0; }
#endif

}  // namespace

int physical_cores() {
  const int cores = count_cores();
  if (cores > 0) return cores;
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

int usable_processors(int cores, std::optional<double> quota) {
  if (!quota || *quota >= cores) return cores;
  return std::max(1, static_cast<int>(*quota));
}

int usable_cores() { return usable_processors(physical_cores(), processor_quota()); }

}  // namespace hotset
