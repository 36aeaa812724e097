#include "decode/sampler.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "error.h"

namespace hotset {
namespace {

void require_range(const char* name, float value, int most) {
  if (value >= 0.0F && value <= static_cast<float>(most)) return;
  throw Error(ErrorKind::kBadInput, std::string(name) + " must lie between 0 and " + std::to_string(most));
}

void require_valid(const SamplingOptions& options) {
  constexpr int kHottest = 100;
  require_range("temperature", options.temperature, kHottest);
  require_range("topP", options.top_p, 1);
  require_range("minP", options.min_p, 1);
  if (options.top_k < 0) throw Error(ErrorKind::kBadInput, "topK must not be negative");
}

llama_sampler* create_chain(const SamplingOptions& options) {
  require_valid(options);
  llama_sampler* chain = llama_sampler_chain_init(llama_sampler_chain_default_params());
  if (options.temperature == 0.0F) {
    llama_sampler_chain_add(chain, llama_sampler_init_greedy());
    return chain;
  }
  // The order of llama.cpp's own tools: narrow first, then flatten, then draw.
  constexpr std::size_t kKeepOne = 1;
  llama_sampler_chain_add(chain, llama_sampler_init_top_k(options.top_k));
  llama_sampler_chain_add(chain, llama_sampler_init_top_p(options.top_p, kKeepOne));
  llama_sampler_chain_add(chain, llama_sampler_init_min_p(options.min_p, kKeepOne));
  llama_sampler_chain_add(chain, llama_sampler_init_temp(options.temperature));
  llama_sampler_chain_add(chain, llama_sampler_init_dist(options.seed));
  return chain;
}

/// What softmax divides by once `highest`, the highest of the logits, is taken off all of them.
double sum_of_exponentials(std::span<const llama_token_data> candidates, float highest) {
  // In float, a hundred thousand improbable tokens would add up to nothing beside a probable one.
  double sum = 0.0;
  for (const llama_token_data& candidate : candidates) sum += std::exp(candidate.logit - highest);
  return sum;
}

}  // namespace

Sampler::Sampler(const SamplingOptions& options) : chain_(create_chain(options)) {}

Sampler::Choice Sampler::choose(std::span<const float> logits) {
  candidates_.resize(logits.size());
  for (std::size_t i = 0; i < logits.size(); ++i) {
    candidates_[i] = {static_cast<Token>(i), logits[i], 0.0F};
  }
  return choose_candidate(logits);
}

Sampler::Choice Sampler::choose(std::span<const float> logits, std::span<const Token> allowed) {
  candidates_.resize(allowed.size());
  std::ranges::transform(allowed, candidates_.begin(), [logits](Token token) {
    return llama_token_data{token, logits[static_cast<std::size_t>(token)], 0.0F};
  });
  return choose_candidate(logits);
}

Sampler::Choice Sampler::choose_candidate(std::span<const float> logits) {
  // Before the chain, which changes the candidates.
  const float highest = std::ranges::max_element(candidates_, {}, &llama_token_data::logit)->logit;
  const double sum = sum_of_exponentials(candidates_, highest);
  // Of a single logit that is none, the sum is none either.
  if (!std::isfinite(sum)) {
    throw Error(
        ErrorKind::kBadModel,
        "the model's answers are no numbers any more: its file is damaged, or was changed while it was "
        "in use; download it again, then restart the engine");
  }
  constexpr std::int64_t kNoneYet = -1;
  llama_token_data_array candidates{candidates_.data(), candidates_.size(), kNoneYet, false};
  llama_sampler_apply(chain_.get(), &candidates);
  const Token token = candidates.data[candidates.selected].id;
  llama_sampler_accept(chain_.get(), token);
  return {token, static_cast<float>(std::exp(logits[static_cast<std::size_t>(token)] - highest) / sum)};
}

}  // namespace hotset
