// Exact mode against dense: the same tokens, whoever is hot, whichever kernel, however many threads.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "available_kernels.h"
#include "embedded_model.h"
#include "error.h"
#include "kernels/kernels.h"
#include "neurons/profile.h"
#include "profile_file.h"
#include "scratch_file.h"
#include "sparse_models.h"

namespace {

using hotset::Activation;
using hotset::CancelFlag;
using hotset::Error;
using hotset::HybridOptions;
using hotset::KernelChoice;
using hotset::ModelFile;
using hotset::SyntheticModel;
using hotset::Token;
using hotset::test::available_kernels;
using hotset::test::generate;
using hotset::test::kNever;
using hotset::test::largest_misjudged_lead;
using hotset::test::mean_difference;
using hotset::test::open;
using hotset::test::ScratchFile;
using hotset::test::sparse_model;
using hotset::test::threshold_for;

HybridOptions exact() { return hotset::test::in_mode(hotset::Mode::kExact); }

TEST_CASE("exact is dense on the embedded model: 1,000 greedy tokens for every kernel and every split") {
  const auto path = hotset::test::embedded_model();
  const auto profile = hotset::Profile::read(hotset::test::embedded_profile(), ModelFile::open(path));
  const auto dense = open(path, {});
  const std::vector<Token> expected = generate(*dense, 1000);
  const auto dense_statistics = dense->take_statistics();
  REQUIRE(dense_statistics);
  for (const KernelChoice kernel : available_kernels()) {
    for (const double threshold : {2.0, threshold_for(profile, 0.3), 0.0}) {
      // The reference takes minutes for what the others do in seconds: one split will do.
      if (kernel == KernelChoice::kScalar && (threshold == 0.0 || threshold == 2.0)) continue;
      HybridOptions options = exact();
      options.kernel = kernel;
      options.profile = hotset::test::embedded_profile();
      options.hot_threshold = threshold;
      const auto decoder = open(path, options);
      CHECK(generate(*decoder, 1000) == expected);
      const auto statistics = decoder->take_statistics();
      REQUIRE(statistics);
      const double activity = statistics->activity;
      CHECK(activity == doctest::Approx(dense_statistics->activity).epsilon(0.01));
      CHECK(statistics->computed == 1.0);
      MESSAGE(hotset::kernel_name(kernel)
              << ", " << 100 * decoder->describe().hot_share << "% hot, " << 100 * activity << "% active");
    }
  }
}

// Random models choose between near ties all the time. What two orders of addition disagree on is a few
// hundredths of a deviation at most; the down columns are F16 here, so that nothing else differs.
TEST_CASE("exact chooses as dense does on random models, for gates of every width and every split") {
  std::vector<float> frequencies(768, 0.1F);
  for (std::size_t i = 0; i < frequencies.size(); i += 10) {
    std::fill_n(frequencies.begin() + static_cast<std::ptrdiff_t>(i), std::min<std::size_t>(3, 768 - i),
                0.5F);
  }
  const ScratchFile profile;
  hotset::test::write_profile(profile.path(), {4, frequencies});
  for (const Activation activation : {Activation::kRelu, Activation::kDrelu}) {
    for (const ggml_type type : {GGML_TYPE_F16, GGML_TYPE_Q8_0, GGML_TYPE_Q4_0}) {
      SyntheticModel description = sparse_model(activation, type);
      description.down_type = GGML_TYPE_F16;
      const ScratchFile file;
      write_synthetic_model(description, file.path());
      for (const double threshold : {2.0, 0.5, 0.0}) {
        HybridOptions options = exact();
        options.profile = profile.path();
        options.hot_threshold = threshold;
        const auto dense = open(file.path(), {});
        const double lead = largest_misjudged_lead(*open(file.path(), options), *dense);
        MESSAGE(std::string(ggml_type_name(type)) << ", hot from " << threshold << ": " << lead);
        CHECK(lead < 5e-2);
      }
    }
  }
}

// Sums in another order differ by 1e-6 of their size. That flips the last place of a rounded input now and
// then, and of keys and values, which are rounded to F16 for every type: 5e-4 of one element in F16, 4e-3 in
// BF16 and in blocks of 8 bits. The columns of a quantised down matrix are kept in Q8_0 or F16, so that
// there a share of all inputs flips. Leaving out a single neuron of these models costs 2e-2 and more, which
// the types without blocks would show.
double bound_of(ggml_type type) {
  if (type == GGML_TYPE_F32 || type == GGML_TYPE_F16) return 2e-3;
  return type == GGML_TYPE_BF16 ? 5e-3 : 2.5e-2;
}

TEST_CASE("exact logits are dense ones on random models of every kind of weight and activation") {
  for (const Activation activation : {Activation::kRelu, Activation::kDrelu}) {
    for (const ggml_type type : {GGML_TYPE_F32, GGML_TYPE_F16, GGML_TYPE_BF16, GGML_TYPE_Q8_0, GGML_TYPE_Q4_0,
                                 GGML_TYPE_Q4_K, GGML_TYPE_Q6_K}) {
      const SyntheticModel description = sparse_model(activation, type);
      const ScratchFile file;
      write_synthetic_model(description, file.path());
      std::vector<Token> tokens;
      tokens.reserve(60);
      for (int i = 0; i < 60; ++i) tokens.push_back(i * 7 % description.vocabulary_size);
      const auto dense = open(file.path(), {});
      const auto sparse = open(file.path(), exact());
      const double difference = mean_difference(*sparse, *dense, tokens);
      CAPTURE(std::string(ggml_type_name(type)));
      MESSAGE(std::string(ggml_type_name(type)) << ": mean difference " << difference);
      CHECK(difference < bound_of(type));
      // Random gates open half the time; dReLU asks that of up as well.
      const double expected = activation == Activation::kRelu ? 0.5 : 0.25;
      const auto statistics = sparse->take_statistics();
      REQUIRE(statistics);
      CHECK(statistics->activity == doctest::Approx(expected).epsilon(0.1));
    }
  }
}

TEST_CASE("nothing but the order of additions differs at the first token") {
  const SyntheticModel description = sparse_model(Activation::kDrelu, GGML_TYPE_F32);
  const ScratchFile file;
  write_synthetic_model(description, file.path());
  int close = 0;
  for (Token token = 0; token < 20; ++token) {
    const auto dense = open(file.path(), {});
    const auto sparse = open(file.path(), exact());
    const double difference = mean_difference(*sparse, *dense, {token});
    CHECK(difference < 5e-4);
    if (difference < 1e-5) ++close;
  }
  CHECK(close >=
        15);  // now and then a value on the border of two F16 numbers flips on its way into the KV cache
}

TEST_CASE("two threads give the very same logits as one") {
  const SyntheticModel description = sparse_model(Activation::kRelu, GGML_TYPE_F16);
  const ScratchFile file;
  write_synthetic_model(description, file.path());
  HybridOptions options = exact();
  const auto one = open(file.path(), options);
  options.threads = 2;
  const auto two = open(file.path(), options);
  const std::vector<Token> tokens = generate(*one, 30);
  CHECK(generate(*two, 30) == tokens);
  CHECK(std::equal(one->logits().begin(), one->logits().end(), two->logits().begin()));
}

TEST_CASE("a profile decides who is hot; one of another model is left out") {
  const SyntheticModel description = sparse_model(Activation::kDrelu, GGML_TYPE_F16);
  const ScratchFile file;
  write_synthetic_model(description, file.path());
  std::vector<float> frequencies(768, 0.1F);
  std::fill_n(frequencies.begin() + 300, 192, 0.5F);
  const ScratchFile profile;
  hotset::test::write_profile(profile.path(), {4, frequencies});

  HybridOptions options = exact();
  options.profile = profile.path();
  options.hot_threshold = 0.5;
  const auto split = open(file.path(), options);
  CHECK(split->describe().hot_share == doctest::Approx(0.25));
  CHECK(split->describe().profile_corpus == "a corpus");
  const auto unsplit = open(file.path(), exact());
  CHECK(unsplit->describe().hot_share == 0.0);
  CHECK(generate(*split, 50) == generate(*unsplit, 50));

  hotset::test::write_profile(profile.path(), {3, frequencies});
  const auto without = open(file.path(), options);
  CHECK(without->describe().hot_share == 0.0);
  CHECK(without->describe().profile_corpus.empty());
}

TEST_CASE("exact mode says what it cannot do") {
  SyntheticModel description = sparse_model(Activation::kSilu, GGML_TYPE_F16);
  const ScratchFile file;
  write_synthetic_model(description, file.path());
  CHECK_THROWS_WITH_AS(open(file.path(), exact()), doctest::Contains("choose the mode dense"), Error);
  CHECK_FALSE(open(file.path(), {})->take_statistics());
}

TEST_CASE("cancelling and truncating leave an exact decoder in order") {
  const SyntheticModel description = sparse_model(Activation::kRelu, GGML_TYPE_F16);
  const ScratchFile file;
  write_synthetic_model(description, file.path());
  const auto fresh = open(file.path(), exact());
  const std::vector<Token> expected = generate(*fresh, 40);

  const auto decoder = open(file.path(), exact());
  const CancelFlag cancelled{true};
  CHECK_FALSE(decoder->append({expected.data(), 20}, cancelled));
  CHECK(decoder->position() == 0);
  REQUIRE(decoder->append({expected.data(), 30}, kNever));
  decoder->truncate(0);
  CHECK(generate(*decoder, 40) == expected);
}

}  // namespace
