#include "decode/sampler.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "decode/softmax.h"
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

/// Null: greedy.
llama_sampler* create_chain(const SamplingOptions& options) {
  require_valid(options);
  if (options.temperature == 0.0F) return nullptr;
  llama_sampler* chain = llama_sampler_chain_init(llama_sampler_chain_default_params());
  // The order of llama.cpp's own tools: narrow first, then flatten, then draw.
  constexpr std::size_t kKeepOne = 1;
  llama_sampler_chain_add(chain, llama_sampler_init_top_k(options.top_k));
  llama_sampler_chain_add(chain, llama_sampler_init_top_p(options.top_p, kKeepOne));
  llama_sampler_chain_add(chain, llama_sampler_init_min_p(options.min_p, kKeepOne));
  llama_sampler_chain_add(chain, llama_sampler_init_temp(options.temperature));
  llama_sampler_chain_add(chain, llama_sampler_init_dist(options.seed));
  return chain;
}

}  // namespace

Sampler::Sampler(const SamplingOptions& options) : chain_(create_chain(options)) {}

Sampler::Choice Sampler::choose(std::span<const float> logits) {
  const auto token_at = [](std::size_t place) { return static_cast<Token>(place); };
  return choose_place(logits, token_at);
}

Sampler::Choice Sampler::choose(std::span<const float> logits, std::span<const Token> allowed) {
  allowed_logits_.resize(allowed.size());
  std::ranges::transform(allowed, allowed_logits_.begin(),
                         [logits](Token token) { return logits[static_cast<std::size_t>(token)]; });
  return choose_place(allowed_logits_, [allowed](std::size_t place) { return allowed[place]; });
}

template <typename TokenAt>
Sampler::Choice Sampler::choose_place(std::span<const float> logits, const TokenAt& token_at) {
  const SoftmaxParts softmax = softmax_parts(logits);
  // Of a single logit that is none, the sum is none either.
  if (!std::isfinite(softmax.sum)) {
    throw Error(
        ErrorKind::kBadModel,
        "the model's answers are no numbers any more: its file is damaged, or was changed while it was "
        "in use; download it again, then restart the engine");
  }
  const std::size_t place = chain_ ? draw(logits) : softmax.place;
  return {token_at(place), static_cast<float>(std::exp(logits[place] - softmax.highest) / softmax.sum)};
}

std::size_t Sampler::draw(std::span<const float> logits) {
  candidates_.resize(logits.size());
  for (std::size_t i = 0; i < logits.size(); ++i) {
    candidates_[i] = {static_cast<llama_token>(i), logits[i], 0.0F};
  }
  constexpr std::int64_t kNoneYet = -1;
  llama_token_data_array candidates{candidates_.data(), candidates_.size(), kNoneYet, false};
  llama_sampler_apply(chain_.get(), &candidates);
  const llama_token drawn = candidates.data[candidates.selected].id;
  llama_sampler_accept(chain_.get(), drawn);
  return static_cast<std::size_t>(drawn);
}

}  // namespace hotset
