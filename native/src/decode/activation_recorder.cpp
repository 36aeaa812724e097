#include "decode/activation_recorder.h"

#include <algorithm>
#include <numeric>
#include <string>

#include "error.h"

namespace hotset {
namespace {

// What is kept of every layer takes at most this much, whatever the model's size.
constexpr std::size_t kMostKeptBytes = 256U << 20U;

/// Tokens computed at once: many enough to reuse each weight often, few enough that what is kept fits.
int chunk_tokens(const ModelFile& model, int window) {
  const auto neurons = static_cast<std::size_t>(model.feed_forward_length);
  const std::size_t of_gate = model.activation == Activation::kSilu ? 2 * neurons : 0;
  const std::size_t floats = static_cast<std::size_t>(model.embedding_length) + neurons + of_gate;
  const std::size_t bytes = floats * sizeof(float) * static_cast<std::size_t>(model.layers);
  const std::size_t fitting = std::max<std::size_t>(1, kMostKeptBytes / bytes);
  return static_cast<int>(std::min(fitting, static_cast<std::size_t>(window)));
}

ExecutorOptions recording(int threads) {
  ExecutorOptions options{.threads = threads};
  options.few_tokens.keep_feed_forward = true;
  options.many_tokens.keep_feed_forward = true;
  return options;
}

TokenRows rows_of(const ggml_tensor* tensor, int length) {
  if (tensor == nullptr) return {};
  return {.data = static_cast<const float*>(tensor->data),
          .stride = tensor->nb[1] / sizeof(float),
          .length = static_cast<std::size_t>(length)};
}

}  // namespace

ActivationRecorder::ActivationRecorder(const ModelFile& model, int window, int threads,
                                       const Progress& progress)
    : model_(model),
      weights_(model, layout_, progress),
      cache_(model, window, layout_, GGML_TYPE_F16),
      executor_(model, layout_, weights_, cache_, nullptr, recording(threads)),
      chunk_tokens_(std::min(chunk_tokens(model, window), executor_.most_tokens(Outputs::kNone))) {}

bool ActivationRecorder::run(std::span<const Token> window, const CancelFlag& cancel, const Visit& visit) {
  if (window.size() > static_cast<std::size_t>(cache_.context_length())) {
    throw Error(ErrorKind::kBadInput, std::to_string(window.size()) + " tokens do not fit a window of " +
                                          std::to_string(cache_.context_length()));
  }
  const bool known =
      std::ranges::all_of(window, [&](Token token) { return token >= 0 && token < model_.vocabulary_size; });
  if (!known) throw Error(ErrorKind::kBadInput, "a token is not in the model's vocabulary");
  std::vector<std::int32_t> cells(window.size());
  std::iota(cells.begin(), cells.end(), 0);
  const auto chunk = static_cast<std::size_t>(chunk_tokens_);
  for (std::size_t done = 0; done < window.size(); done += chunk) {
    const auto tokens = window.subspan(done, std::min(chunk, window.size() - done));
    const auto held = std::span(cells).first(done + tokens.size());
    if (!executor_.run(tokens, held, {.outputs = Outputs::kNone}, cancel)) return false;
    show(static_cast<int>(tokens.size()), visit);
  }
  return true;
}

void ActivationRecorder::show(int tokens, const Visit& visit) const {
  for (int layer = 0; layer < model_.layers; ++layer) {
    const auto index = static_cast<std::size_t>(layer);
    const FeedForwardInputs& inputs = executor_.feed_forward_inputs()[index];
    visit({.layer = layer,
           .tokens = tokens,
           .normed = rows_of(inputs.normed, model_.embedding_length),
           .gate = rows_of(inputs.gate, model_.feed_forward_length),
           .activations = rows_of(executor_.activations()[index], model_.feed_forward_length)});
  }
}

}  // namespace hotset
