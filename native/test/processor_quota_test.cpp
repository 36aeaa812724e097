// Quotas of processor time, read from folders that look like Linux' control groups.
#include "runtime/processor_quota.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "runtime/processors.h"
#include "scratch_file.h"

namespace {

using hotset::processor_quota;

/// A folder of control groups and the file that names the process's own.
class Groups {
 public:
  Groups() { std::filesystem::create_directories(root()); }
  Groups(const Groups&) = delete;
  Groups& operator=(const Groups&) = delete;
  ~Groups() { std::filesystem::remove_all(root()); }

  void write(const std::filesystem::path& file, const std::string& text) const {
    std::filesystem::create_directories((root() / file).parent_path());
    std::ofstream(root() / file) << text << '\n';
  }
  std::optional<double> quota() const { return processor_quota(root() / "groups", root() / "membership"); }

 private:
  std::filesystem::path root() const { return place_.path().string() + ".groups"; }

  hotset::test::ScratchFile place_;
};

}  // namespace

TEST_CASE("processor quota: version 2, the least of the groups up to the top") {
  Groups groups;
  groups.write("membership", "0::/user/service");
  CHECK(!groups.quota());
  groups.write("groups/user/service/cpu.max", "max 100000");
  CHECK(!groups.quota());
  groups.write("groups/user/cpu.max", "150000 100000");
  CHECK(groups.quota() == 1.5);
  groups.write("groups/user/service/cpu.max", "50000 100000");
  CHECK(groups.quota() == 0.5);
}

TEST_CASE("processor quota: version 2 inside a container, whose group is at the top") {
  Groups groups;
  groups.write("membership", "0::/somewhere/outside");
  groups.write("groups/cpu.max", "200000 100000");
  CHECK(groups.quota() == 2.0);
}

TEST_CASE("processor quota: version 1, under its controllers' names") {
  Groups groups;
  groups.write("membership", "5:memory:/docker/1\n4:cpu,cpuacct:/docker/1\n2:cpuset:/docker/1");
  CHECK(!groups.quota());
  groups.write("groups/cpu,cpuacct/docker/1/cpu.cfs_quota_us", "-1");
  groups.write("groups/cpu,cpuacct/docker/1/cpu.cfs_period_us", "100000");
  CHECK(!groups.quota());
  groups.write("groups/cpu,cpuacct/docker/1/cpu.cfs_quota_us", "100000");
  CHECK(groups.quota() == 1.0);
}

TEST_CASE("processor quota: files that say nothing limit nothing") {
  Groups groups;
  CHECK(!groups.quota());
  groups.write("membership", "0::/a");
  for (const std::string text : {"", "x", "100000", "100000 0", "-1 100000"}) {
    groups.write("groups/a/cpu.max", text);
    CHECK(!groups.quota());
  }
}

TEST_CASE("usable processors: whole ones of the quota, one at least, never more than there are") {
  CHECK(hotset::usable_processors(2, std::nullopt) == 2);
  CHECK(hotset::usable_processors(2, 1.0) == 1);
  CHECK(hotset::usable_processors(2, 1.9) == 1);
  CHECK(hotset::usable_processors(2, 0.3) == 1);
  CHECK(hotset::usable_processors(4, 3.0) == 3);
  CHECK(hotset::usable_processors(4, 64.0) == 4);
}
