// Which neurons fired, as told to whoever watches: the same that activity is the mean of.
#include "neurons/firing.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <numeric>
#include <vector>

#include "decode/profiler.h"
#include "profile_file.h"
#include "scratch_file.h"
#include "sparse_models.h"

namespace {

using hotset::Activation;
using hotset::CancelFlag;
using hotset::Decoder;
using hotset::Firing;
using hotset::FiringWatch;
using hotset::HybridOptions;
using hotset::Mode;
using hotset::Selection;
using hotset::test::generate;
using hotset::test::in_mode;
using hotset::test::kNever;
using hotset::test::open;
using hotset::test::ScratchFile;
using hotset::test::some_tokens;
using hotset::test::sparse_model;
using hotset::test::write_profile;

constexpr int kTokens = 20;

/// Of tokens that are the same for every decoder.
Firing watched(Decoder& decoder) {
  decoder.watch_firing(true);
  for (const hotset::Token token : some_tokens(kTokens)) REQUIRE(decoder.append({&token, 1}, kNever));
  return decoder.take_firing();
}

double mean_share(const Firing& firing) {
  return std::accumulate(firing.counts.begin(), firing.counts.end(), 0.0) /
         static_cast<double>(firing.counts.size()) / firing.tokens;
}

TEST_CASE("exact and dense mode tell of the same neurons") {
  const ScratchFile file;
  write_synthetic_model(sparse_model(Activation::kRelu, GGML_TYPE_F32), file.path());
  const auto dense = open(file.path(), {});
  const auto exact = open(file.path(), in_mode(Mode::kExact));
  const Firing expected = watched(*dense);
  const Firing told = watched(*exact);
  REQUIRE(expected.tokens == kTokens);
  REQUIRE(told.tokens == kTokens);
  REQUIRE(told.counts.size() == expected.counts.size());
  // A gate next to zero may round to either side.
  int differences = 0;
  for (std::size_t i = 0; i < told.counts.size(); ++i) {
    differences += std::abs(int{told.counts[i]} - int{expected.counts[i]});
  }
  CHECK(differences < static_cast<int>(told.counts.size()) / 100);
  CHECK(mean_share(told) == doctest::Approx(exact->take_statistics()->activity));
  CHECK(mean_share(expected) == doctest::Approx(dense->take_statistics()->activity));
}

TEST_CASE("neurons have the places that a profile gives them") {
  const ScratchFile file;
  const ScratchFile profile;
  const auto model = sparse_model(Activation::kRelu, GGML_TYPE_F32);
  write_synthetic_model(model, file.path());
  // The last neuron is the most frequent one, and three quarters of the layer are hot.
  std::vector<float> frequencies(static_cast<std::size_t>(model.feed_forward_length));
  for (std::size_t i = 0; i < frequencies.size(); ++i) {
    frequencies[i] = static_cast<float>(i + 1) / static_cast<float>(frequencies.size());
  }
  write_profile(profile.path(), {4, frequencies});
  HybridOptions options = in_mode(Mode::kExact);
  options.profile = profile.path();
  options.hot_threshold = 0.2501;
  const auto placed = open(file.path(), options);
  const auto unplaced = open(file.path(), in_mode(Mode::kExact));
  const Firing told = watched(*placed);
  Firing expected = watched(*unplaced);
  for (auto layer = expected.counts.begin(); layer != expected.counts.end(); layer += 768) {
    std::reverse(layer, layer + 768);
  }
  int differences = 0;
  for (std::size_t i = 0; i < told.counts.size(); ++i) {
    differences += std::abs(int{told.counts[i]} - int{expected.counts[i]});
  }
  CHECK(differences < static_cast<int>(told.counts.size()) / 100);
}

TEST_CASE("every selection of thresholded mode tells whom it chose") {
  const ScratchFile file;
  const ScratchFile profile;
  write_synthetic_model(sparse_model(Activation::kSilu, GGML_TYPE_F16), file.path());
  hotset::Profiler profiler(
      {.path = file.path(), .window = 256, .threads = 2}, [](double) {}, kNever);
  profiler.calibrate(some_tokens(256), kNever);
  profiler.count(some_tokens(256), kNever);
  profiler.profile("tokens").write(profile.path());
  for (const Selection selection : {Selection::kGate, Selection::kProduct}) {
    HybridOptions options = in_mode(Mode::kThresholded);
    options.profile = profile.path();
    options.hot_threshold = 1.0;
    options.selection = selection;
    const auto decoder = open(file.path(), options);
    const Firing told = watched(*decoder);
    CHECK(told.tokens == kTokens);
    CHECK(mean_share(told) == doctest::Approx(decoder->take_statistics()->activity));
  }
}

TEST_CASE("nothing is told where nobody watches, of prompts, and of tokens that were cancelled") {
  const ScratchFile file;
  write_synthetic_model(sparse_model(Activation::kRelu, GGML_TYPE_F32), file.path());
  const auto decoder = open(file.path(), in_mode(Mode::kExact));
  generate(*decoder, 3);
  CHECK(decoder->take_firing().tokens == 0);
  decoder->watch_firing(true);
  REQUIRE(decoder->append(some_tokens(5), kNever));
  CHECK(decoder->take_firing().tokens == 0);
  const CancelFlag cancelled{true};
  CHECK_FALSE(decoder->append(some_tokens(1), cancelled));
  CHECK(decoder->take_firing().tokens == 0);
  CHECK(watched(*decoder).tokens == kTokens);
  decoder->watch_firing(false);
  generate(*decoder, 3);
  CHECK(decoder->take_firing().counts.empty());
}

TEST_CASE("a token counts once it was computed whole") {
  FiringWatch watch;
  watch.start(2, 4);
  watch.see(0, std::array{1, 3});
  watch.see(0, std::array{2});  // the token before was cancelled
  watch.see(1, std::array{0});
  watch.end_token();
  watch.end_token();
  const Firing firing = watch.take();
  CHECK(firing.tokens == 2);
  CHECK(firing.counts == std::vector<std::uint16_t>{0, 0, 1, 0, 1, 0, 0, 0});
}

}  // namespace
