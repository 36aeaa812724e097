// The processor time that a container or a service is held to.
#pragma once

#include <filesystem>
#include <optional>

namespace hotset {

/// Processors' worth of time that control groups leave this process, the least of its own group's and of
/// those above it; nullopt where nothing limits it. Versions 1 and 2 of Linux' control groups; nothing limits
/// elsewhere.
/// groups: where they are mounted. membership: names the process's own, as /proc/self/cgroup.
std::optional<double> processor_quota(const std::filesystem::path& groups = "/sys/fs/cgroup",
                                      const std::filesystem::path& membership = "/proc/self/cgroup");

}  // namespace hotset
