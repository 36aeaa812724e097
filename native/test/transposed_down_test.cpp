// Exact mode where the file holds the down matrix transposed and quantised (`ffn_down_t`): it equals dense of
// that file, and of a plain one that holds the very same values in F32.
#include <doctest/doctest.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "available_kernels.h"
#include "embedded_model.h"
#include "neurons/profile.h"
#include "powerinfer_file.h"
#include "profile_file.h"
#include "scratch_file.h"
#include "sparse_models.h"

namespace {

using hotset::Activation;
using hotset::HybridOptions;
using hotset::KernelChoice;
using hotset::ModelFile;
using hotset::Token;
using hotset::test::available_kernels;
using hotset::test::generate;
using hotset::test::one_by_one;
using hotset::test::open;
using hotset::test::relative_difference;
using hotset::test::ScratchFile;
using hotset::test::some_tokens;
using hotset::test::threshold_for;
using hotset::test::write_powerinfer_pair;

constexpr std::array kQuantised = {GGML_TYPE_Q8_0, GGML_TYPE_Q4_0};

HybridOptions exact() { return hotset::test::in_mode(hotset::Mode::kExact); }

TEST_CASE("exact is dense on the embedded model with its down matrices transposed: 500 greedy tokens") {
  const ModelFile model = ModelFile::open(hotset::test::embedded_model());
  REQUIRE(model.activation == Activation::kDrelu);
  const auto embedded_profile = hotset::Profile::read(hotset::test::embedded_profile(), model);
  const ScratchFile profile;  // of no model in particular
  hotset::test::write_profile(profile.path(), embedded_profile.frequencies);
  for (const ggml_type type : kQuantised) {
    const ScratchFile powerinfer;
    const ScratchFile plain;
    write_powerinfer_pair(model, type, "bamboo", powerinfer.path(), plain.path());
    const std::vector<Token> expected = generate(*open(plain.path(), {}), 500);
    CHECK(generate(*open(powerinfer.path(), {}), 500) == expected);
    for (const KernelChoice kernel : available_kernels()) {
      for (const double threshold : {2.0, threshold_for(embedded_profile, 0.3), 0.0}) {
        // The reference takes minutes for what the others do in seconds: one split will do.
        if (kernel == KernelChoice::kScalar && (threshold == 0.0 || threshold == 2.0)) continue;
        HybridOptions options = exact();
        options.kernel = kernel;
        options.profile = profile.path();
        options.hot_threshold = threshold;
        CAPTURE(std::string(ggml_type_name(type)));
        CAPTURE(hotset::kernel_name(kernel));
        CAPTURE(threshold);
        CHECK(generate(*open(powerinfer.path(), options), 500) == expected);
      }
    }
  }
}

// The plain file's F32 takes activations as they are, exact mode rounds them to blocks of 8 bits; dense of
// the file itself does so too, but has the matrix turned into other blocks. Either moves logits by less than
// exact_test.cpp allows where gates are quantised as well.
TEST_CASE("exact logits are dense ones where the down matrices are transposed, for gates of every width") {
  for (const auto& [activation, architecture] :
       {std::pair{Activation::kRelu, "llama"}, std::pair{Activation::kDrelu, "bamboo"}}) {
    for (const ggml_type gates : {GGML_TYPE_F16, GGML_TYPE_Q8_0, GGML_TYPE_Q4_0}) {
      const ScratchFile source;
      write_synthetic_model(hotset::test::sparse_model(activation, gates), source.path());
      for (const ggml_type down : kQuantised) {
        const ScratchFile powerinfer;
        const ScratchFile plain;
        write_powerinfer_pair(ModelFile::open(source.path()), down, architecture, powerinfer.path(),
                              plain.path());
        const auto sparse = open(powerinfer.path(), exact());
        const std::vector<float> logits = one_by_one(*sparse, some_tokens(60));
        for (const auto* file : {&plain, &powerinfer}) {
          const auto dense = open(file->path(), {});
          const double difference = relative_difference(logits, one_by_one(*dense, some_tokens(60)));
          CAPTURE(std::string(ggml_type_name(down)));
          CAPTURE(std::string(ggml_type_name(gates)));
          CHECK(difference < (gates == GGML_TYPE_F16 ? 1.5e-2 : 2.5e-2));
        }
      }
    }
  }
}

}  // namespace
