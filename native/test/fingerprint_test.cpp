// Which changes of a file its fingerprint notices.
#include "gguf/fingerprint.h"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "gguf/synthetic_model.h"
#include "scratch_file.h"

using hotset::fnv1a;
using hotset::model_fingerprint;
using hotset::ModelFile;
using hotset::sample_hash;
using hotset::SyntheticModel;
using hotset::test::ScratchFile;

namespace {

std::uint64_t hash_of(const std::string& text) { return fnv1a(std::as_bytes(std::span(text))); }

std::uint64_t sample_hash_of(const std::string& bytes) {
  std::istringstream stream(bytes);
  return sample_hash(stream, 0, bytes.size());
}

std::string fingerprint(const std::filesystem::path& path) {
  return model_fingerprint(ModelFile::open(path));
}

}  // namespace

TEST_CASE("FNV-1a gives the hashes that its authors publish") {
  CHECK(hash_of("") == 0xCBF29CE484222325ULL);
  CHECK(hash_of("a") == 0xAF63DC4C8601EC8CULL);
  CHECK(hash_of("foobar") == 0x85944171F73967E8ULL);
  CHECK(hotset::hexadecimal(0xAF) == "00000000000000af");
}

TEST_CASE("samples cover a small range wholly, a large one from its first byte to its last") {
  for (const std::size_t size : {std::size_t{1}, std::size_t{100'000}, std::size_t{20'000'000}}) {
    std::string bytes(size, 'x');
    const std::uint64_t original = sample_hash_of(bytes);
    CHECK(sample_hash_of(bytes) == original);
    CHECK(sample_hash_of(bytes + "x") != original);
    for (const std::size_t changed : {std::size_t{0}, size - 1}) {
      bytes[changed] = 'y';
      CHECK(sample_hash_of(bytes) != original);
      bytes[changed] = 'x';
    }
  }
}

TEST_CASE("a range that ends behind the file sets the stream's error state") {
  std::istringstream stream("short");
  sample_hash(stream, 0, 100);
  CHECK_FALSE(stream);
}

TEST_CASE("a model's fingerprint is that of its header and weights, not of its name or place") {
  const ScratchFile file;
  const ScratchFile other;
  SyntheticModel description;
  write_synthetic_model(description, file.path());
  const std::string original = fingerprint(file.path());
  CHECK(original.size() == 16);
  std::filesystem::copy_file(file.path(), other.path());
  CHECK(fingerprint(other.path()) == original);

  description.seed = 2;
  write_synthetic_model(description, other.path());
  CHECK(fingerprint(other.path()) != original);

  description.seed = 1;
  description.rope.frequency_base = 9999.0F;
  write_synthetic_model(description, other.path());
  CHECK(fingerprint(other.path()) != original);
}
