// A folder that looks like Linux' control groups.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "scratch_file.h"

namespace hotset::test {

/// With the file "membership" beside the folder "groups"; both are removed with it.
class GroupFolder {
 public:
  GroupFolder() { std::filesystem::create_directories(root()); }
  GroupFolder(const GroupFolder&) = delete;
  GroupFolder& operator=(const GroupFolder&) = delete;
  ~GroupFolder() { std::filesystem::remove_all(root()); }

  void write(const std::filesystem::path& file, const std::string& text) const {
    std::filesystem::create_directories((root() / file).parent_path());
    std::ofstream(root() / file) << text << '\n';
  }
  std::filesystem::path groups() const { return root() / "groups"; }
  std::filesystem::path membership() const { return root() / "membership"; }

 private:
  std::filesystem::path root() const { return place_.path().string() + ".groups"; }

  ScratchFile place_;
};

}  // namespace hotset::test
