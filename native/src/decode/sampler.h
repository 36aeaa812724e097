// Choosing the next token from logits: the most probable one, or by libllama's samplers.
#pragma once

#include <llama.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "decode/decoder.h"

namespace hotset {

/// All but `temperature` are read only when it is above 0.
struct SamplingOptions {
  float temperature = 0.0F;  ///< 0: greedy
  int top_k = 0;             ///< keep the k most probable; 0: all
  float top_p = 1.0F;        ///< keep the most probable until they sum to this
  float min_p = 0.0F;        ///< drop those less probable than this share of the most probable
  std::uint32_t seed = 0;
};

class Sampler {
 public:
  struct Choice {
    Token token;
    float probability;  ///< under the model itself: the softmax of the raw logits it was chosen from
  };

  /// Throws Error kBadInput where an option is out of range.
  explicit Sampler(const SamplingOptions& options);

  /// `logits`: [n_vocab], at least one.
  Choice choose(std::span<const float> logits);

  /// Among `allowed` alone, at least one token.
  Choice choose(std::span<const float> logits, std::span<const Token> allowed);

 private:
  /// The token is token_at(place of the one chosen).
  template <typename TokenAt>
  Choice choose_place(std::span<const float> logits, const TokenAt& token_at);
  /// By the chain. Returns a place.
  std::size_t draw(std::span<const float> logits);

  struct Free {
    void operator()(llama_sampler* chain) const { llama_sampler_free(chain); }
  };

  std::unique_ptr<llama_sampler, Free> chain_;  ///< null: greedy
  std::vector<llama_token_data> candidates_;    ///< of draw()
  std::vector<float> allowed_logits_;
};

}  // namespace hotset
