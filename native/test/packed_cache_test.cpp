// Packed caches: they hold what packing in memory gives, and nothing but a whole cache of this very model and
// plan is used.
#include "hybrid/products/packed_cache.h"

#include <doctest/doctest.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "accepted_file.h"
#include "error.h"
#include "file_bytes.h"
#include "gguf/synthetic_model.h"
#include "hybrid/products/packed_cache_store.h"
#include "hybrid/weights/row_matrix.h"
#include "runtime/large_memory.h"
#include "scratch_file.h"

using hotset::Error;
using hotset::MappedFile;
using hotset::ModelFile;
using hotset::PackedCache;
using hotset::PackedPlan;
using hotset::SyntheticModel;
using hotset::test::content_of;
using hotset::test::ScratchFile;
using hotset::test::write_content;

namespace fs = std::filesystem;

namespace {

SyntheticModel small_model(ggml_type type) {
  SyntheticModel description;
  description.layers = 2;
  description.embedding_length = 256;
  description.feed_forward_length = 512;
  description.vocabulary_size = 40;  // no multiple of a group
  description.type = type;
  return description;
}

/// A model in a file, its bytes, and a plan with matrices in turns and one by one.
struct Packed {
  ScratchFile file;
  ModelFile model;
  MappedFile bytes;
  PackedPlan plan;
  hotset::MatrixSource source;

  explicit Packed(const SyntheticModel& description, bool with_head = true)
      : file(".gguf"), model(written(description, file.path())), bytes(file.path()), plan(model) {
    source = [this](const std::string& name) { return bytes.bytes().data() + model.tensors.at(name).offset; };
    plan.add({"blk.0.attn_q.weight", "blk.0.attn_k.weight"}, false);
    plan.add({"blk.1.ffn_gate.weight", "blk.1.ffn_up.weight"}, true);
    if (with_head) plan.add({"token_embd.weight"}, false);
  }

  static ModelFile written(const SyntheticModel& description, const fs::path& path) {
    hotset::write_synthetic_model(description, path);
    return ModelFile::open(path);
  }

  void build(const fs::path& path) const {
    build_packed_cache(model, plan, source, 2, path, [](double) {});
  }
};

bool opens(const fs::path& path, const Packed& packed) {
  return hotset::test::is_accepted(path, [&] { PackedCache::open(path, packed.model, packed.plan); });
}

void add_file(const fs::path& folder, const std::string& name, std::chrono::hours age) {
  std::ofstream(folder / name) << name;
  fs::last_write_time(folder / name, fs::file_time_type::clock::now() - age);
}

}  // namespace

TEST_CASE("packed cache: every group is what packing the matrix by itself gives") {
  for (const ggml_type type : {GGML_TYPE_Q4_K, GGML_TYPE_Q5_0, GGML_TYPE_Q8_0}) {
    const Packed packed(small_model(type));
    const ScratchFile path(".packed.gguf");
    packed.build(path.path());
    const auto cache = PackedCache::open(path.path(), packed.model, packed.plan);
    REQUIRE(cache->rows().size() == packed.plan.bytes());
    CHECK(reinterpret_cast<std::uintptr_t>(cache->rows().data()) % 64 == 0);
    cache->read_ahead(2, [](double) {});

    PackedPlan again(packed.model);
    for (const bool in_turns : {false, true}) {
      const std::vector<std::string> names =
          in_turns ? std::vector<std::string>{"blk.1.ffn_gate.weight", "blk.1.ffn_up.weight"}
                   : std::vector<std::string>{"blk.0.attn_q.weight", "blk.0.attn_k.weight"};
      for (const hotset::PackedMatrix& matrix : again.add(names, in_turns)) {
        const std::size_t bytes = hotset::group_bytes(matrix.type, matrix.length);
        for (int group = 0; group < (matrix.rows + 15) / 16; ++group) {
          hotset::LargeMemory expected(bytes);
          hotset::pack_groups(matrix.type, packed.source(matrix.name), matrix.rows, matrix.length,
                              {.begin = group, .end = group + 1}, expected.bytes().data(), bytes);
          const std::byte* actual =
              cache->rows().data() + matrix.place + matrix.stride * static_cast<std::size_t>(group);
          REQUIRE(std::memcmp(actual, expected.bytes().data(), bytes) == 0);
        }
      }
    }
  }
}

TEST_CASE("packed cache: a matrix in two planes lies where the plan says, in another plan than as a whole") {
  for (const ggml_type type : {GGML_TYPE_Q6_K, GGML_TYPE_Q8_0}) {
    Packed packed(small_model(type), false);
    PackedPlan whole = packed.plan;
    whole.add({"token_embd.weight"}, false);
    const PackedPlan::PackedPlanes planes = packed.plan.add_planes("token_embd.weight");
    CHECK(packed.plan.fingerprint() != whole.fingerprint());
    const ScratchFile path(".packed.gguf");
    packed.build(path.path());
    const auto cache = PackedCache::open(path.path(), packed.model, packed.plan);
    for (const hotset::PackedMatrix& plane : {planes.coarse, planes.fine}) {
      const std::size_t bytes = hotset::part_bytes(plane.part, type, plane.length);
      CHECK(plane.stride == bytes);
      for (int group = 0; group < (plane.rows + 15) / 16; ++group) {
        hotset::LargeMemory expected(bytes);
        hotset::pack_groups(type, packed.source(plane.name), plane.rows, plane.length,
                            {.begin = group, .end = group + 1}, expected.bytes().data(), bytes, plane.part);
        const std::byte* actual =
            cache->rows().data() + plane.place + plane.stride * static_cast<std::size_t>(group);
        REQUIRE(std::memcmp(actual, expected.bytes().data(), bytes) == 0);
      }
    }
  }
}

TEST_CASE("packed cache: of another model or plan, cut or damaged it is refused") {
  const Packed packed(small_model(GGML_TYPE_Q4_K));
  const ScratchFile path(".packed.gguf");
  packed.build(path.path());
  REQUIRE(opens(path.path(), packed));

  SyntheticModel other = small_model(GGML_TYPE_Q4_K);
  other.seed += 1;
  CHECK_FALSE(opens(path.path(), Packed(other)));
  CHECK_FALSE(opens(path.path(), Packed(small_model(GGML_TYPE_Q4_K), false)));

  const auto whole = content_of(path.path());
  for (const std::size_t left : {std::size_t{0}, std::size_t{3}, whole.size() / 2, whole.size() - 1}) {
    const ScratchFile cut(".packed.gguf");
    write_content(cut.path(), whole, left);
    CHECK_FALSE(opens(cut.path(), packed));
  }
  auto damaged = whole;
  damaged[damaged.size() / 2] ^= 1;
  const ScratchFile changed(".packed.gguf");
  write_content(changed.path(), damaged, damaged.size());
  CHECK_FALSE(opens(changed.path(), packed));
}

TEST_CASE("packed cache: given up while it is written it leaves nothing behind") {
  const Packed packed(small_model(GGML_TYPE_Q4_K));
  const ScratchFile path(".packed.gguf");
  struct GivenUp : std::exception {};
  CHECK_THROWS_AS(build_packed_cache(packed.model, packed.plan, packed.source, 1, path.path(),
                                     [](double) { throw GivenUp(); }),
                  GivenUp);
  const std::string name = path.path().filename().string();
  for (const auto& entry : fs::directory_iterator(path.path().parent_path())) {
    CHECK_FALSE(entry.path().filename().string().starts_with(name));
  }
}

TEST_CASE("packed cache: when the disk is short the one used longest ago goes first, and nothing else") {
  const ScratchFile place("");
  const fs::path& folder = place.path();
  fs::create_directories(folder);
  add_file(folder, "new.packed.gguf", std::chrono::hours(1));
  add_file(folder, "old.packed.gguf", std::chrono::hours(9));
  add_file(folder, "other.txt", std::chrono::hours(99));
  hotset::make_room(folder, [] { return true; });
  CHECK(fs::exists(folder / "old.packed.gguf"));
  hotset::make_room(folder, [&] { return !fs::exists(folder / "old.packed.gguf"); });
  CHECK_FALSE(fs::exists(folder / "old.packed.gguf"));
  CHECK(fs::exists(folder / "new.packed.gguf"));
  CHECK_THROWS_AS(hotset::make_room(folder, [] { return false; }), Error);
  CHECK_FALSE(fs::exists(folder / "new.packed.gguf"));
  CHECK(fs::exists(folder / "other.txt"));
  fs::remove_all(folder);
}
