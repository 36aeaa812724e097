// Reading profiles, and what makes a neuron hot.
#include "neurons/profile.h"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

#include "embedded_model.h"
#include "error.h"
#include "gguf/fingerprint.h"
#include "neurons/split.h"
#include "profile_file.h"
#include "scratch_file.h"

namespace {

using hotset::Error;
using hotset::ModelFile;
using hotset::Profile;
using hotset::test::ScratchFile;
using hotset::test::write_profile;

ModelFile model_of(int layers, int neurons) {
  ModelFile model;
  model.layers = layers;
  model.feed_forward_length = neurons;
  return model;
}

TEST_CASE("a profile is read as it was written") {
  const ScratchFile file;
  write_profile(file.path(), {{0.25F, 0.5F, 1.0F}, {0.0F, 0.125F, 0.75F}});
  const Profile profile = Profile::read(file.path(), model_of(2, 3));
  CHECK(profile.corpus == "a corpus");
  CHECK(profile.tokens == 1234);
  CHECK(profile.model_sha256 == "abcd");
  CHECK(profile.frequencies == std::vector<std::vector<float>>{{0.25F, 0.5F, 1.0F}, {0.0F, 0.125F, 0.75F}});
}

TEST_CASE("a profile that is not the model's is refused in one line") {
  const ScratchFile file;
  const auto refusal = [&](int layers, int neurons) -> std::string {
    try {
      Profile::read(file.path(), model_of(layers, neurons));
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  CHECK(refusal(1, 1).find("no such file") != std::string::npos);
  write_profile(file.path(), {{0.25F, 0.5F}, {0.0F, 0.125F}});
  CHECK(refusal(2, 2).empty());
  CHECK(refusal(3, 2).find("another model") != std::string::npos);
  CHECK(refusal(1, 2).find("another model") != std::string::npos);
  CHECK(refusal(2, 3).find("another model") != std::string::npos);
  write_profile(file.path(), {{0.25F, 0.5F}}, "llama");
  CHECK(refusal(1, 2).find("is no profile") != std::string::npos);
  for (const float bad : {-0.1F, 1.5F, std::numeric_limits<float>::quiet_NaN()}) {
    write_profile(file.path(), {{0.25F, bad}});
    CHECK(refusal(1, 2).find("no list of frequencies") != std::string::npos);
  }
}

TEST_CASE("the embedded model's profile fits it") {
  const ModelFile model = ModelFile::open(hotset::test::embedded_model());
  const Profile profile = Profile::read(hotset::test::embedded_profile(), model);
  CHECK(profile.tokens > 0);
  CHECK(profile.model_fingerprint == hotset::model_fingerprint(model));
  CHECK_FALSE(profile.corpus.empty());
}

TEST_CASE("hot neurons are those of at least the threshold, the most frequent first") {
  const std::vector<float> frequencies = {0.1F, 0.5F, 0.9F, 0.5F, 0.0F};
  const auto split = hotset::split_by_frequency(frequencies, 0.5);
  CHECK(split.order == std::vector<int>{2, 1, 3, 0, 4});
  CHECK(split.hot == 3);
  CHECK(hotset::split_by_frequency(frequencies, 0.0).hot == 5);
  CHECK(hotset::split_by_frequency(frequencies, 0.95).hot == 0);
  CHECK(hotset::all_cold(3).order == std::vector<int>{0, 1, 2});
  CHECK(hotset::all_cold(3).hot == 0);
}

}  // namespace
