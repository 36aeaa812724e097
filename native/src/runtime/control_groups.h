// Linux' control groups, versions 1 and 2, as their files tell of them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace hotset {

/// One line of /proc/self/cgroup.
struct GroupMembership {
  std::string controllers;  ///< such as "cpu,cpuacct"; empty: of version 2
  std::filesystem::path path;
};

/// None where the file is not there, which is so everywhere but on Linux.
std::vector<GroupMembership> group_memberships(const std::filesystem::path& file);

/// controllers: a list with commas.
bool has_controller(const std::string& controllers, const std::string& name);

/// The group itself and all above it, `top` included, the lowest first. Inside a container the lower ones are
/// not to be seen: the container's own is at the top then.
void for_each_group(const std::filesystem::path& top, const std::filesystem::path& own,
                    const std::function<void(const std::filesystem::path&)>& visit);

/// Empty where the file is not there or begins with no number, as "max", which stands where there is no
/// limit.
std::optional<std::uint64_t> read_number(const std::filesystem::path& file);

/// The number behind `key` in a file of lines such as "MemAvailable:  123 kB".
std::optional<std::uint64_t> read_entry(const std::filesystem::path& file, const std::string& key);

}  // namespace hotset
