// Quotas of processor time, read from folders that look like Linux' control groups.
#include "runtime/processor_quota.h"

#include <doctest/doctest.h>

#include <string>

#include "group_folder.h"
#include "runtime/processors.h"

namespace {

/// Of processors; see GroupFolder.
class Groups : public hotset::test::GroupFolder {
 public:
  std::optional<double> quota() const { return hotset::processor_quota(groups(), membership()); }
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
