// Opens hybrid decoders, decodes with them and compares what they say.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <numeric>
#include <span>
#include <vector>

#include "decode/hybrid_decoder.h"

namespace hotset::test {

inline const CancelFlag kNever{false};

inline std::unique_ptr<Decoder> open(const std::filesystem::path& path, const HybridOptions& options) {
  return make_hybrid_decoder(ModelFile::open(path), options, [](double) {});
}

inline HybridOptions in_mode(Mode mode) {
  HybridOptions options;
  options.mode = mode;
  return options;
}

/// Thresholded mode by a profile, no neuron hot.
inline HybridOptions thresholded_by(const std::filesystem::path& profile, Selection selection,
                                    const Threshold& threshold) {
  HybridOptions options = in_mode(Mode::kThresholded);
  options.profile = profile;
  options.hot_threshold = 1.0;
  options.selection = selection;
  options.threshold = threshold;
  return options;
}

inline Token best(std::span<const float> logits) {
  return static_cast<Token>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

/// Greedy continuation of token 1.
inline std::vector<Token> generate(Decoder& decoder, int count) {
  std::vector<Token> tokens = {1};
  for (int i = 0; i < count; ++i) {
    REQUIRE(decoder.append({&tokens.back(), 1}, kNever));
    tokens.push_back(best(decoder.logits()));
  }
  return tokens;
}

/// One token at a time, every position's logits.
inline std::vector<float> one_by_one(Decoder& decoder, const std::vector<Token>& tokens) {
  std::vector<float> all;
  for (const Token token : tokens) {
    REQUIRE(decoder.append({&token, 1}, kNever));
    all.insert(all.end(), decoder.logits().begin(), decoder.logits().end());
  }
  return all;
}

/// Root mean square difference, relative to the expected values' own.
inline double relative_difference(std::span<const float> actual, std::span<const float> expected) {
  REQUIRE(actual.size() == expected.size());
  double differences = 0.0;
  double squares = 0.0;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    differences += std::pow(static_cast<double>(actual[i]) - expected[i], 2);
    squares += std::pow(static_cast<double>(expected[i]), 2);
  }
  return std::sqrt(differences / squares);
}

/// The relative difference of both decoders' logits, decoding the same tokens one at a time.
inline double mean_difference(Decoder& decoder, Decoder& expected, const std::vector<Token>& tokens) {
  return relative_difference(one_by_one(decoder, tokens), one_by_one(expected, tokens));
}

/// How far `decoder` is from choosing as `expected` does over its 500 greedy tokens: the largest lead, in
/// deviations of the logits, that the other's choice had over its own.
inline double largest_misjudged_lead(Decoder& decoder, Decoder& expected) {
  double largest = 0.0;
  Token token = 1;
  for (int i = 0; i < 500; ++i) {
    REQUIRE(decoder.append({&token, 1}, kNever));
    REQUIRE(expected.append({&token, 1}, kNever));
    const auto logits = expected.logits();
    const Token chosen = best(decoder.logits());
    token = best(logits);
    if (chosen == token) continue;
    const double squares = std::inner_product(logits.begin(), logits.end(), logits.begin(), 0.0);
    const double lead = static_cast<double>(logits[static_cast<std::size_t>(token)]) -
                        logits[static_cast<std::size_t>(chosen)];
    largest = std::max(largest, lead / std::sqrt(squares / static_cast<double>(logits.size())));
  }
  return largest;
}

}  // namespace hotset::test
