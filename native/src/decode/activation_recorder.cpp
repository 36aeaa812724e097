#include "decode/activation_recorder.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>

#include "error.h"
#include "runtime/backends.h"

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

Graph build(const ModelFile& model, const Weights& weights, const KvCache& cache) {
  GraphOptions options;
  options.keep_feed_forward = true;
  const GraphShape shape{.tokens = chunk_tokens(model, cache.context_length()),
                         .kv_length = cache.context_length(),
                         .outputs = Outputs::kNone};
  return build_graph(model, weights, cache, shape, options);
}

bool is_set(void* flag) { return static_cast<const CancelFlag*>(flag)->load(std::memory_order_relaxed); }

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
      weights_(model, progress),
      cache_(model, window),
      threadpool_(threads),
      backend_(ggml_backend_dev_init(cpu_backend().device, nullptr)),
      graph_(build(model, weights_, cache_)) {
  if (!backend_) throw Error(ErrorKind::kInternal, "ggml's CPU backend did not start");
  cpu_backend().set_n_threads(backend_.get(), threads);
  cpu_backend().set_threadpool(backend_.get(), threadpool_.get());
}

bool ActivationRecorder::run(std::span<const Token> window, const CancelFlag& cancel, const Visit& visit) {
  if (window.size() > static_cast<std::size_t>(cache_.context_length())) {
    throw Error(ErrorKind::kBadInput, std::to_string(window.size()) + " tokens do not fit a window of " +
                                          std::to_string(cache_.context_length()));
  }
  const bool known =
      std::ranges::all_of(window, [&](Token token) { return token >= 0 && token < model_.vocabulary_size; });
  if (!known) throw Error(ErrorKind::kBadInput, "a token is not in the model's vocabulary");
  const auto chunk = static_cast<std::size_t>(graph_.shape.tokens);
  for (std::size_t done = 0; done < window.size(); done += chunk) {
    const auto tokens = window.subspan(done, std::min(chunk, window.size() - done));
    if (!compute(tokens, static_cast<int>(done), cancel)) return false;
    show(static_cast<int>(tokens.size()), visit);
  }
  return true;
}

bool ActivationRecorder::compute(std::span<const Token> tokens, int position, const CancelFlag& cancel) {
  set_inputs(tokens, position);
  // ggml's interface has no const; the flag is only read.
  cpu_backend().set_abort_callback(backend_.get(), is_set, const_cast<CancelFlag*>(&cancel));
  const ggml_status status = ggml_backend_graph_compute(backend_.get(), graph_.nodes);
  if (status == GGML_STATUS_ABORTED) return false;
  if (status == GGML_STATUS_SUCCESS) return true;
  throw Error(ErrorKind::kInternal, std::string("ggml failed to compute: ") + ggml_status_to_string(status));
}

/// The graph always computes a whole chunk: where there are fewer tokens, the last is repeated in rows that
/// nobody reads.
void ActivationRecorder::set_inputs(std::span<const Token> tokens, int position) const {
  auto* ids = static_cast<std::int32_t*>(graph_.tokens->data);
  auto* positions = static_cast<std::int32_t*>(graph_.positions->data);
  auto* rows = static_cast<std::int64_t*>(graph_.rows->data);
  auto* mask = static_cast<ggml_fp16_t*>(graph_.mask->data);
  const ggml_fp16_t hidden = ggml_fp32_to_fp16(-std::numeric_limits<float>::infinity());
  const ggml_fp16_t visible = ggml_fp32_to_fp16(0.0F);
  const int last = static_cast<int>(tokens.size()) - 1;
  for (int i = 0; i < graph_.shape.tokens; ++i, mask += graph_.shape.kv_length) {
    const int token = std::min(i, last);
    ids[i] = tokens[static_cast<std::size_t>(token)];
    positions[i] = position + token;
    rows[i] = position + token;
    std::fill(mask, mask + position + token + 1, visible);
    std::fill(mask + position + token + 1, mask + graph_.shape.kv_length, hidden);
  }
}

void ActivationRecorder::show(int tokens, const Visit& visit) const {
  for (int layer = 0; layer < model_.layers; ++layer) {
    const auto index = static_cast<std::size_t>(layer);
    const FeedForwardInputs& inputs = graph_.feed_forward_inputs[index];
    visit({.layer = layer,
           .tokens = tokens,
           .normed = rows_of(inputs.normed, model_.embedding_length),
           .gate = rows_of(inputs.gate, model_.feed_forward_length),
           .activations = rows_of(graph_.activations[index], model_.feed_forward_length)});
  }
}

}  // namespace hotset
