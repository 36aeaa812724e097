#include "runtime/available_memory.h"

#include <algorithm>

#include "runtime/memory_limit.h"

#if defined(__linux__)
#include "runtime/control_groups.h"
#elif defined(__APPLE__)
#include <mach/mach.h>
#elif defined(_WIN32)
#include <windows.h>
#endif

namespace hotset {
namespace {

#if defined(__linux__)
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
#elif defined(_WIN32)
std::uint64_t available_on_machine() {
  MEMORYSTATUSEX status;
  status.dwLength = sizeof(status);
  return GlobalMemoryStatusEx(&status) ? status.ullAvailPhys : kUnknownMemory;
}
#else
std::uint64_t available_on_machine() { return kUnknownMemory; }
#endif

}  // namespace

std::uint64_t available_memory() {
  return std::min(available_on_machine(), memory_left_in_groups().value_or(kUnknownMemory));
}

}  // namespace hotset
