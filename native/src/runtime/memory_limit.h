// The memory that a container or a service is held to.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace hotset {

/// Bytes that control groups still leave this process, the least of its own group's and of those above it;
/// nullopt where nothing limits it. What files take of a group's memory counts as free: the system drops it
/// before it refuses memory. A limit beyond which it slows a group down (memory.high) is one too.
/// groups: where they are mounted. membership: names the process's own, as /proc/self/cgroup.
std::optional<std::uint64_t> memory_left_in_groups(
    const std::filesystem::path& groups = "/sys/fs/cgroup",
    const std::filesystem::path& membership = "/proc/self/cgroup");

}  // namespace hotset
