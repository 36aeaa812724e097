// The dense graph's logits against libllama's, on small models with random weights.
#pragma once

#include <doctest/doctest.h>
#include <ggml.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "decoding.h"
#include "gguf/synthetic_model.h"
#include "llama_oracle.h"
#include "scratch_file.h"

namespace hotset::test {

inline SyntheticModel small_model() {
  SyntheticModel description;
  description.layers = 3;
  description.embedding_length = 256;
  description.feed_forward_length = 512;
  description.heads = 4;
  description.kv_heads = 2;
  description.vocabulary_size = 320;
  return description;
}

inline std::vector<Token> random_tokens(int count, int vocabulary) {
  std::vector<Token> tokens;
  std::uint32_t state = 12345;
  for (int i = 0; i < count; ++i) {
    state = state * 1664525U + 1013904223U;
    tokens.push_back(static_cast<Token>((state >> 8) % static_cast<std::uint32_t>(vocabulary)));
  }
  return tokens;
}

inline std::unique_ptr<Decoder> open_dense(const std::filesystem::path& path, int threads = 1,
                                           int context_length = 1024) {
  HybridOptions options;
  options.threads = threads;
  options.context_length = context_length;
  return open(path, options);
}

struct Difference {
  float largest = 0.0F;
  double mean_square = 0.0;
  float scale = 0.0F;  ///< standard deviation of the expected logits
  int argmax_differs = 0;
  /// Of the rows where it does: the most that the expected largest logit exceeds the one that took its place.
  float lead_lost = 0.0F;
};

inline Difference compare(const std::vector<float>& actual, const std::vector<float>& expected,
                          std::size_t vocabulary) {
  REQUIRE(actual.size() == expected.size());
  Difference difference;
  double squares = 0.0;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const float error = std::abs(actual[i] - expected[i]);
    difference.largest = std::max(difference.largest, error);
    difference.mean_square += static_cast<double>(error) * error / static_cast<double>(actual.size());
    squares += static_cast<double>(expected[i]) * expected[i];
  }
  difference.scale = static_cast<float>(std::sqrt(squares / static_cast<double>(expected.size())));
  for (std::size_t row = 0; row < actual.size(); row += vocabulary) {
    const auto best = [&](const std::vector<float>& values) {
      const auto begin = values.begin() + static_cast<std::ptrdiff_t>(row);
      return std::max_element(begin, begin + static_cast<std::ptrdiff_t>(vocabulary)) - begin;
    };
    if (best(actual) == best(expected)) continue;
    ++difference.argmax_differs;
    const float lead = expected[row + static_cast<std::size_t>(best(expected))] -
                       expected[row + static_cast<std::size_t>(best(actual))];
    difference.lead_lost = std::max(difference.lead_lost, lead);
  }
  return difference;
}

// The same operators on the same weights: what is left is the order of additions, which differs where two
// matrices are joined or attention is cut into other blocks. F32 sums of a few hundred terms err by about
// 1e-6 of their size; every rounding of an intermediate vector to F16 or to blocks of 8 bits can flip one
// unit in the last place, 5e-4 or 4e-3 of one element of hundreds, and a few layers add such flips up.
inline float bound_of(ggml_type type) {
  if (type == GGML_TYPE_F32) return 1e-3F;  // keys and values are rounded to F16 all the same
  if (type == GGML_TYPE_F16) return 4e-3F;
  return 3e-2F;
}

// ggml's attention sums the values of a single query in F16, those of many queries in F32: up to 5e-4 of the
// sum for every rounding, over hundreds of positions.
inline constexpr float kPrefillBound = 3e-2F;

/// Returns what a prompt differs by.
inline Difference check_against_libllama(const SyntheticModel& description) {
  const ScratchFile file;
  write_synthetic_model(description, file.path());
  const std::vector<Token> tokens = random_tokens(200, description.vocabulary_size);
  const auto vocabulary = static_cast<std::size_t>(description.vocabulary_size);
  const auto decoder = open_dense(file.path());

  const std::vector<float> expected = libllama_logits(file.path(), tokens, 200);
  const Difference decoded = compare(one_by_one(*decoder, tokens), expected, vocabulary);
  const Difference prefilled = compare(decoder->all_logits(tokens), expected, vocabulary);
  const Difference by_libllama = compare(libllama_logits(file.path(), tokens, 1), expected, vocabulary);
  MESSAGE(description.architecture << " " << std::string(ggml_type_name(description.type))
                                   << ": largest difference " << prefilled.largest << " prefilling, "
                                   << decoded.largest << " decoding (libllama itself " << by_libllama.largest
                                   << "), of logits with a deviation of " << decoded.scale
                                   << "; another token first at " << prefilled.argmax_differs
                                   << " of 200 places, where it trailed by " << prefilled.lead_lost
                                   << " at most");
  CHECK(prefilled.scale > 0.1F);
  if (!ggml_is_quantized(description.type)) {
    CHECK(prefilled.largest < bound_of(description.type) * prefilled.scale);
  }
  // Attention is ours: other orders of addition, and so other roundings of the vectors behind it. libllama
  // itself goes through other operators decoding than in a prompt, and its attention then sums in F16.
  CHECK(prefilled.mean_square < by_libllama.mean_square);
  CHECK(decoded.mean_square < by_libllama.mean_square);
  // Where another token is first, rounding has decided: it trailed by less than libllama differs from itself.
  CHECK(prefilled.lead_lost < by_libllama.largest);
  CHECK(decoded.lead_lost < by_libllama.largest);
  return prefilled;
}

}  // namespace hotset::test
