#include "runtime/control_groups.h"

#include <fstream>
#include <limits>
#include <utility>

namespace hotset {

using Path = std::filesystem::path;

std::vector<GroupMembership> group_memberships(const Path& file) {
  std::vector<GroupMembership> found;
  std::ifstream stream(file);
  std::string number;
  std::string controllers;
  std::string path;
  // Lines are "number:controllers:path".
  while (std::getline(stream, number, ':') && std::getline(stream, controllers, ':') &&
         std::getline(stream, path)) {
    found.push_back({.controllers = controllers, .path = path});
  }
  return found;
}

bool has_controller(const std::string& controllers, const std::string& name) {
  return ("," + controllers + ",").find("," + name + ",") != std::string::npos;
}

void for_each_group(const Path& top, const Path& own, const std::function<void(const Path&)>& visit) {
  for (Path group = top / own.relative_path();; group = group.parent_path()) {
    visit(group);
    if (group == top || !group.has_relative_path()) return;
  }
}

std::optional<std::uint64_t> read_number(const Path& file) {
  std::ifstream stream(file);
  std::uint64_t value = 0;
  if (!(stream >> value)) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> read_entry(const Path& file, const std::string& key) {
  std::ifstream stream(file);
  std::string word;
  std::uint64_t value = 0;
  while (stream >> word) {
    if (word == key && stream >> value) return value;
    stream.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return std::nullopt;
}

}  // namespace hotset
