// What limits of memory leave, read from folders that look like Linux' control groups.
#include "runtime/memory_limit.h"

#include <doctest/doctest.h>

#include <string>

#include "group_folder.h"

namespace {

/// Of memory; see GroupFolder.
class Groups : public hotset::test::GroupFolder {
 public:
  std::optional<std::uint64_t> left() const { return hotset::memory_left_in_groups(groups(), membership()); }
};

}  // namespace

TEST_CASE("memory limit: version 2, the least of the groups up to the top") {
  Groups folder;
  CHECK(!folder.left());
  folder.write("membership", "0::/user/service");
  CHECK(!folder.left());
  folder.write("groups/user/service/memory.max", "max");
  folder.write("groups/user/service/memory.current", "300");
  CHECK(!folder.left());
  folder.write("groups/user/memory.max", "2000");
  folder.write("groups/user/memory.current", "500");
  CHECK(folder.left() == 1500);
  folder.write("groups/user/service/memory.max", "1000");
  CHECK(folder.left() == 700);
  folder.write("groups/user/service/memory.high", "800");
  CHECK(folder.left() == 500);
}

TEST_CASE("memory limit: what files take of it counts as free, looked at lately or not") {
  Groups folder;
  folder.write("membership", "0::/outside");
  folder.write("groups/memory.max", "1000");
  folder.write("groups/memory.current", "900");
  CHECK(folder.left() == 100);
  folder.write("groups/memory.stat", "anon 250\ninactive_anon 150\ninactive_file 200\nactive_file 400");
  CHECK(folder.left() == 700);
  folder.write("groups/memory.stat", "inactive_file 2000\nactive_file 400");
  CHECK(folder.left() == 1000);
  folder.write("groups/memory.current", "5000");
  folder.write("groups/memory.stat", "anon 5000");
  CHECK(folder.left() == 0);
}

TEST_CASE("memory limit: version 1, with the groups below it") {
  Groups folder;
  folder.write("membership", "4:cpu,cpuacct:/docker/1\n5:memory:/docker/1");
  folder.write("groups/memory/docker/1/memory.limit_in_bytes", "1000");
  folder.write("groups/memory/docker/1/memory.usage_in_bytes", "900");
  folder.write("groups/memory/docker/1/memory.stat",
               "inactive_file 1\ntotal_inactive_file 200\ntotal_active_file 300");
  CHECK(folder.left() == 600);
}
