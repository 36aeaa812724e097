// Predicted mode: what the predictor names and nothing else, and what it says of itself.
#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "error.h"
#include "profile_file.h"
#include "scratch_file.h"
#include "sparse_models.h"

namespace {

using hotset::Activation;
using hotset::Decoder;
using hotset::Error;
using hotset::HybridOptions;
using hotset::Mode;
using hotset::ModelFile;
using hotset::PredictorChoice;
using hotset::Token;
using hotset::test::generate;
using hotset::test::in_mode;
using hotset::test::kNever;
using hotset::test::mean_difference;
using hotset::test::open;
using hotset::test::relative_difference;
using hotset::test::ScratchFile;
using hotset::test::some_tokens;
using hotset::test::sparse_model;
using hotset::test::TensorFile;

/// Predictors that know every gate. thresholds: one for each layer.
void write_knowing_predictors(const ScratchFile& file, const ModelFile& model,
                              const std::vector<float>& thresholds) {
  TensorFile predictors("hotset.predictors");
  gguf_set_val_str(predictors.keys(), "hotset.predictor.input", "normed");
  gguf_set_arr_data(predictors.keys(), "hotset.predictor.threshold", GGUF_TYPE_FLOAT32, thresholds.data(),
                    thresholds.size());
  add_gates_as_predictors(predictors, model);
  predictors.write(file.path());
}

/// The same threshold for all layers.
void write_knowing_predictors(const ScratchFile& file, const ModelFile& model, float threshold) {
  write_knowing_predictors(file, model,
                           std::vector<float>(static_cast<std::size_t>(model.layers), threshold));
}

/// A random model, and predictors beside it that know its gates.
struct KnownModel {
  KnownModel(ggml_type type, float threshold) {
    write_synthetic_model(sparse_model(Activation::kRelu, type), file.path());
    write_knowing_predictors(predictors, ModelFile::open(file.path()), threshold);
  }

  ScratchFile file;
  ScratchFile predictors;
};

HybridOptions predicted(const ScratchFile& predictors) {
  HybridOptions options = in_mode(Mode::kPredicted);
  options.predictors = predictors.path();
  return options;
}

/// Distance of two decoders' logits, in deviations of the second's.
double difference_of(const Decoder& decoder, const Decoder& expected) {
  return relative_difference(decoder.logits(), expected.logits());
}

TEST_CASE("a predictor that knows the gates gives exact mode's tokens with half the gates") {
  for (const Activation activation : {Activation::kRelu, Activation::kDrelu}) {
    const ScratchFile file;
    const ScratchFile predictors;
    write_synthetic_model(sparse_model(activation, GGML_TYPE_F32), file.path());
    // Just below zero: neurons on the border, whose sums differ in the last place, cost nothing.
    write_knowing_predictors(predictors, ModelFile::open(file.path()), -1e-4F);
    const auto decoder = open(file.path(), predicted(predictors));
    const auto exact = open(file.path(), in_mode(Mode::kExact));
    CHECK(generate(*decoder, 500) == generate(*exact, 500));
    const auto statistics = decoder->take_statistics();
    REQUIRE(statistics);
    CHECK(statistics->recall.value_or(0.0) == doctest::Approx(1.0).epsilon(1e-6));
    CHECK(statistics->computed.value_or(0.0) == doctest::Approx(0.5).epsilon(0.1));
    CHECK(statistics->activity == doctest::Approx(exact->take_statistics()->activity).epsilon(1e-3));
    CHECK(decoder->describe().mode == "predicted");
    CHECK(decoder->describe().predictor == "learned");
  }
}

TEST_CASE("a predictor that names few neurons says what it misses") {
  // Gates have a deviation of about 1: above 0.7 lies a quarter of them, with most of the mass.
  const KnownModel known(GGML_TYPE_F32, 0.7F);
  const auto decoder = open(known.file.path(), predicted(known.predictors));
  const auto exact = open(known.file.path(), in_mode(Mode::kExact));
  CHECK(mean_difference(*decoder, *exact, some_tokens(64)) > 0.01);
  const auto statistics = decoder->take_statistics();
  CHECK(statistics->computed.value_or(0.0) == doctest::Approx(0.24).epsilon(0.2));
  // Of a normal distribution's positive half, 78% of the mean lies above 0.7 deviations.
  CHECK(statistics->recall.value_or(0.0) == doctest::Approx(0.78).epsilon(0.05));
}

TEST_CASE("recall is told for each layer") {
  const ScratchFile file;
  const ScratchFile predictors;
  write_synthetic_model(sparse_model(Activation::kRelu, GGML_TYPE_F32), file.path());
  write_knowing_predictors(predictors, ModelFile::open(file.path()), {-1e-4F, 0.7F, 1e9F, -1e-4F});
  const auto decoder = open(file.path(), predicted(predictors));
  generate(*decoder, 200);
  const auto statistics = decoder->take_statistics();
  REQUIRE(statistics->recall_by_layer.size() == 4);
  const auto recall_of = [&](std::size_t layer) { return statistics->recall_by_layer[layer].value_or(-1.0); };
  CHECK(recall_of(0) == doctest::Approx(1.0).epsilon(1e-6));
  CHECK(recall_of(1) == doctest::Approx(0.78).epsilon(0.05));
  CHECK(recall_of(2) == 0.0);
  CHECK(recall_of(3) == doctest::Approx(1.0).epsilon(1e-6));
  CHECK(statistics->recall.value_or(0.0) > recall_of(2));
  CHECK(statistics->recall.value_or(1.0) < recall_of(0));

  generate(*decoder, 2);
  const auto few = decoder->take_statistics();
  CHECK(std::ranges::count(few->recall_by_layer, std::optional<double>()) >= 2);
  const auto exact = open(file.path(), in_mode(Mode::kExact));
  generate(*exact, 20);
  CHECK(exact->take_statistics()->recall_by_layer.empty());
}

TEST_CASE("recall is told of the first token behind a restart") {
  const KnownModel known(GGML_TYPE_F32, 0.7F);
  const auto decoder = open(known.file.path(), predicted(known.predictors));
  CHECK(decoder->watches_neurons());
  for (int round = 0; round < 4; ++round) {
    generate(*decoder, 3);
    decoder->restart_statistics();
    generate(*decoder, 2);
    CHECK(decoder->take_statistics()->recall.has_value());
  }
}

TEST_CASE("predictors in the model's own file are read, and left alone by the modes that need none") {
  const ScratchFile file;
  const ScratchFile predictors;
  const ScratchFile both;
  write_synthetic_model(sparse_model(Activation::kRelu, GGML_TYPE_F16), file.path());
  const ModelFile model = ModelFile::open(file.path());
  write_knowing_predictors(predictors, model, 0.3F);
  TensorFile own("llama");
  own.add_all(file.path());
  gguf_set_val_str(own.keys(), "hotset.predictor.input", "normed");
  const std::vector<float> thresholds(4, 0.3F);
  gguf_set_arr_data(own.keys(), "hotset.predictor.threshold", GGUF_TYPE_FLOAT32, thresholds.data(), 4);
  add_gates_as_predictors(own, model);
  own.write(both.path());

  const auto inside = open(both.path(), in_mode(Mode::kPredicted));
  CHECK(inside->describe().predictor == "learned");
  CHECK(generate(*inside, 200) == generate(*open(file.path(), predicted(predictors)), 200));
  const auto exact = open(both.path(), in_mode(Mode::kExact));
  const auto plain = open(file.path(), in_mode(Mode::kExact));
  CHECK(generate(*exact, 200) == generate(*plain, 200));
  CHECK(exact->describe().predictor_bytes == 0);
  CHECK(exact->describe().gate_bytes == plain->describe().gate_bytes);
}

TEST_CASE("hot neurons are computed whatever the predictor says") {
  const KnownModel known(GGML_TYPE_F32, 1e9F);
  std::vector<float> frequencies(768, 0.1F);
  std::fill_n(frequencies.begin() + 300, 200, 0.5F);
  const ScratchFile profile;
  hotset::test::write_profile(profile.path(), {4, frequencies});
  HybridOptions options = predicted(known.predictors);
  options.profile = profile.path();

  options.hot_threshold = 0.5;
  const auto some = open(known.file.path(), options);
  generate(*some, 20);
  const auto statistics = some->take_statistics();
  CHECK(statistics->computed.value_or(0.0) == doctest::Approx(200.0 / 768));
  CHECK(statistics->recall.value_or(1.0) == 0.0);

  options.hot_threshold = 0.0;
  const auto all = open(known.file.path(), options);
  CHECK(generate(*all, 100) == generate(*open(known.file.path(), in_mode(Mode::kExact)), 100));
  CHECK(all->take_statistics()->recall == std::nullopt);
}

TEST_CASE("predictions from sign bits keep the mass that they are set to keep") {
  const ScratchFile file;
  write_synthetic_model(sparse_model(Activation::kRelu, GGML_TYPE_Q8_0), file.path());
  const auto decoder = open(file.path(), in_mode(Mode::kPredicted));
  const auto exact = open(file.path(), in_mode(Mode::kExact));
  CHECK(decoder->describe().predictor == "sign");
  CHECK(decoder->describe().predictor_bytes == 4 * 768 * 256 / 8);
  // While it learns, everything is computed.
  CHECK(generate(*decoder, 32) == generate(*exact, 32));
  CHECK(decoder->take_statistics()->computed == 1.0);
  for (const Token token : some_tokens(400)) REQUIRE(decoder->append({&token, 1}, kNever));
  const auto statistics = decoder->take_statistics();
  CHECK(statistics->recall.value_or(0.0) > 0.97);
  CHECK(statistics->recall.value_or(1.0) < 1.0);
  CHECK(statistics->computed.value_or(1.0) < 0.9);
}

TEST_CASE(
    "batches of up to eight tokens give the logits of one token at a time, in exact and in predicted mode") {
  // On the border of the gates that fire: a score that differs in the last place costs nothing there.
  const KnownModel known(GGML_TYPE_F32, -1e-4F);
  const std::vector<Token> tokens = some_tokens(36);
  for (const HybridOptions& options : {in_mode(Mode::kExact), predicted(known.predictors)}) {
    const auto one = open(known.file.path(), options);
    const auto many = open(known.file.path(), options);
    std::size_t done = 0;
    for (std::size_t count = 1; count <= 8; ++count) {
      const auto batch = std::span(tokens).subspan(done, count);
      for (const Token token : batch) REQUIRE(one->append({&token, 1}, kNever));
      REQUIRE(many->append(batch, kNever));
      CAPTURE(count);
      // Dense attention adds up in another order for several tokens.
      CHECK(difference_of(*many, *one) < 2e-3);
      done += count;
    }
  }
}

TEST_CASE("prompts through the neurons' rows, where the dense matrices stay in the file, give dense logits") {
  // One, several and a part of the longest step; the last leaves a single token over.
  for (const int length : {40, 100, 129}) {
    for (const int threads : {1, 3}) {
      CAPTURE(length);
      CAPTURE(threads);
      const ScratchFile file;
      write_synthetic_model(sparse_model(Activation::kRelu, GGML_TYPE_F16), file.path());
      HybridOptions options = in_mode(Mode::kExact);
      options.threads = threads;
      const auto copied = open(file.path(), options);
      options.map_feed_forward = true;
      const auto mapped = open(file.path(), options);
      const std::vector<Token> prompt = some_tokens(length);
      for (const auto* decoder : {&copied, &mapped}) REQUIRE((*decoder)->append(prompt, kNever));
      CHECK(difference_of(*mapped, *copied) < 5e-3);
      CHECK(difference_of(*mapped, *copied) > 0.0);  // another order of additions: it did go another way
    }
  }
}

TEST_CASE("prompts through the neurons' rows ask no predictor") {
  const KnownModel known(GGML_TYPE_F16, 1e9F);
  HybridOptions options = predicted(known.predictors);
  options.map_feed_forward = true;
  const auto mapped = open(known.file.path(), options);
  const auto exact = open(known.file.path(), in_mode(Mode::kExact));
  const std::vector<Token> prompt = some_tokens(60);
  for (const auto* decoder : {&mapped, &exact}) REQUIRE((*decoder)->append(prompt, kNever));
  CHECK(difference_of(*mapped, *exact) < 5e-3);
  const Token next = 5;
  for (const auto* decoder : {&mapped, &exact}) REQUIRE((*decoder)->append({&next, 1}, kNever));
  CHECK(difference_of(*mapped, *exact) > 0.05);  // nothing but attention is left of this one
}

TEST_CASE("two threads predict as one does") {
  const KnownModel known(GGML_TYPE_F16, 0.3F);
  HybridOptions options = predicted(known.predictors);
  const auto one = open(known.file.path(), options);
  options.threads = 2;
  const auto two = open(known.file.path(), options);
  CHECK(generate(*one, 200) == generate(*two, 200));
}

TEST_CASE("predictors that do not fit") {
  const ScratchFile file;
  const ScratchFile other;
  const ScratchFile predictors;
  write_synthetic_model(sparse_model(Activation::kRelu, GGML_TYPE_F32), file.path());
  auto narrow = sparse_model(Activation::kRelu, GGML_TYPE_F32);
  narrow.feed_forward_length = 512;
  write_synthetic_model(narrow, other.path());
  write_knowing_predictors(predictors, ModelFile::open(other.path()), 0.0F);
  const auto decoder = open(file.path(), predicted(predictors));
  CHECK(decoder->describe().mode == "exact");
  CHECK(decoder->describe().predictor.empty());

  HybridOptions options = in_mode(Mode::kPredicted);
  options.predictor = PredictorChoice::kLearned;
  CHECK_THROWS_WITH_AS(open(file.path(), options), doctest::Contains("choose the predictor sign"), Error);

  const ScratchFile silu;
  write_synthetic_model(sparse_model(Activation::kSilu, GGML_TYPE_F32), silu.path());
  CHECK_THROWS_WITH_AS(open(silu.path(), in_mode(Mode::kPredicted)), doctest::Contains("ReLU"), Error);
}

}  // namespace
