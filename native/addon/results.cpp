#include "results.h"

#include <algorithm>
#include <array>
#include <utility>

#include "decode/model_bytes.h"

namespace hotset::addon {
namespace {

const char* name_of(StopReason reason) {
  switch (reason) {
    case StopReason::kEndOfText:
      return "endOfText";
    case StopReason::kMaxTokens:
      return "maxTokens";
    case StopReason::kMaxLines:
      return "maxLines";
    case StopReason::kMaxTime:
      return "maxTime";
    case StopReason::kContextFull:
      return "contextFull";
    case StopReason::kCancelled:
      return "cancelled";
  }
  return "";
}

Napi::Value from_optional(Napi::Env env, const std::optional<double>& value) {
  return value ? Napi::Number::New(env, *value) : env.Null();
}

Napi::Value from_name(Napi::Env env, const std::string& name) {
  return name.empty() ? env.Null() : Napi::String::New(env, name);
}

const char* other_than(const std::string& decoder) { return decoder == "hybrid" ? "llama.cpp" : "hybrid"; }

}  // namespace

const char* name_of(Activation activation) {
  switch (activation) {
    case Activation::kSilu:
      return "silu";
    case Activation::kRelu:
      return "relu";
    case Activation::kDrelu:
      return "drelu";
    case Activation::kGelu:
      return "gelu";
    case Activation::kOther:
      return "other";
  }
  return "";
}

const char* name_of(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarn:
      return "warn";
    case LogLevel::kError:
      return "error";
  }
  return "";
}

Napi::Value from_integers(Napi::Env env, std::span<const std::int32_t> integers) {
  Napi::Int32Array array = Napi::Int32Array::New(env, integers.size());
  std::ranges::copy(integers, array.Data());
  return array;
}

Napi::Value from_floats(Napi::Env env, std::span<const float> floats) {
  Napi::Float32Array array = Napi::Float32Array::New(env, floats.size());
  std::ranges::copy(floats, array.Data());
  return array;
}

Napi::Value from_texts(Napi::Env env, std::span<const std::string> texts) {
  Napi::Array array = Napi::Array::New(env, texts.size());
  for (std::uint32_t i = 0; i < texts.size(); ++i) array.Set(i, texts[i]);
  return array;
}

Napi::Value from_doubles(Napi::Env env, std::span<const double> doubles) {
  Napi::Float64Array array = Napi::Float64Array::New(env, doubles.size());
  std::ranges::copy(doubles, array.Data());
  return array;
}

Napi::Value from_fim(Napi::Env env, const Vocabulary& vocabulary, const ModelFile& file) {
  const auto fim = vocabulary.fim();
  if (!fim) return env.Null();
  Napi::Object object = Napi::Object::New(env);
  object.Set("prefix", fim->prefix);
  object.Set("suffix", fim->suffix);
  object.Set("middle", fim->middle);
  object.Set("order", file.fim_order == "spm" ? "spm" : "psm");
  object.Set("path", file.path_in_prompt);
  return object;
}

Napi::Value from_optional_token(Napi::Env env, const std::optional<Token>& token) {
  return token ? Napi::Number::New(env, *token) : env.Null();
}

Napi::String from_activation(Napi::Env env, Activation activation) {
  return Napi::String::New(env, name_of(activation));
}

namespace {

void set_statistics(Napi::Object object, const std::optional<DecodeStatistics>& statistics) {
  const Napi::Env env = object.Env();
  object.Set("activity", statistics ? Napi::Number::New(env, statistics->activity) : env.Null());
  object.Set("computed", from_optional(env, statistics ? statistics->computed : std::nullopt));
  object.Set("recall", from_optional(env, statistics ? statistics->recall : std::nullopt));
  object.Set("adapting", from_optional(env, statistics ? statistics->adapting : std::nullopt));
  const auto& by_layer = statistics ? statistics->recall_by_layer : std::vector<std::optional<double>>();
  Napi::Array recalls = Napi::Array::New(env, by_layer.size());
  for (std::size_t layer = 0; layer < by_layer.size(); ++layer) {
    recalls.Set(static_cast<std::uint32_t>(layer), from_optional(env, by_layer[layer]));
  }
  object.Set("recallByLayer", recalls);
}

}  // namespace

Napi::Value from_statistics(Napi::Env env, const std::optional<DecodeStatistics>& statistics) {
  Napi::Object object = Napi::Object::New(env);
  set_statistics(object, statistics);
  return object;
}

Napi::Value from_trace(Napi::Env env, const std::vector<TraceEvent>& events) {
  Napi::Array array = Napi::Array::New(env, events.size());
  for (std::uint32_t i = 0; i < array.Length(); ++i) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("name", events[i].name);
    object.Set("device", events[i].device);
    object.Set("beginUs", events[i].begin_us);
    object.Set("endUs", events[i].end_us);
    array[i] = object;
  }
  return array;
}

Napi::Value from_healed(Napi::Env env, const HealedText& healed) {
  Napi::Uint8Array held = Napi::Uint8Array::New(env, healed.held.size());
  std::ranges::copy(healed.held, held.Data());
  Napi::Object object = Napi::Object::New(env);
  object.Set("tokens", from_integers(env, healed.tokens));
  object.Set("held", held);
  return object;
}

namespace {

/// Tokens by the name of the sequence.
Napi::Value from_held(Napi::Env env, std::span<const HeldSequence> held) {
  Napi::Object object = Napi::Object::New(env);
  for (const auto& [key, length] : held) object.Set(key, length);
  return object;
}

}  // namespace

Napi::Value from_prefill(Napi::Env env, const Prefill& prefill, std::span<const HeldSequence> held) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("computedTokens", prefill.computed_tokens);
  object.Set("isWhole", prefill.is_whole);
  object.Set("milliseconds", prefill.took.count());
  object.Set("held", from_held(env, held));
  return object;
}

namespace {

Napi::Value from_drafts(Napi::Env env, const BySource<DraftCount>& drafts) {
  constexpr std::array kNames = {std::pair{"held", DraftSource::kHeld}, std::pair{"said", DraftSource::kSaid},
                                 std::pair{"prompt", DraftSource::kPrompt},
                                 std::pair{"sparse", DraftSource::kSparse}};
  Napi::Object object = Napi::Object::New(env);
  for (const auto& [name, source] : kNames) {
    const DraftCount& count = drafts[static_cast<std::size_t>(source)];
    Napi::Object of_source = Napi::Object::New(env);
    of_source.Set("drafted", count.drafted);
    of_source.Set("accepted", count.accepted);
    object.Set(name, of_source);
  }
  return object;
}

/// Shares of the tokens, of 255; who fired at all has at least 1. Null where nothing was watched.
Napi::Value from_firing(Napi::Env env, const Firing& firing) {
  if (firing.tokens == 0) return env.Null();
  Napi::Uint8Array shares = Napi::Uint8Array::New(env, firing.counts.size());
  std::ranges::transform(firing.counts, shares.Data(), [&](std::uint16_t count) {
    return static_cast<std::uint8_t>((255 * count + firing.tokens - 1) / firing.tokens);
  });
  Napi::Object object = Napi::Object::New(env);
  object.Set("tokens", firing.tokens);
  object.Set("shares", shares);
  return object;
}

/// Null where it was not asked for.
Napi::Value from_kept(Napi::Env env, std::span<const std::byte> kept) {
  if (kept.empty()) return env.Null();
  Napi::Uint8Array array = Napi::Uint8Array::New(env, kept.size());
  std::ranges::copy(kept, reinterpret_cast<std::byte*>(array.Data()));
  return array;
}

}  // namespace

Napi::Value from_generation(Napi::Env env, const Generation& generation, std::span<const HeldSequence> held) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("text", generation.text);
  object.Set("tokens", from_integers(env, generation.tokens));
  object.Set("tokenProbabilities", from_floats(env, generation.token_probabilities));
  object.Set("textEnds", from_integers(env, generation.text_ends));
  object.Set("endProbability", from_optional(env, generation.end_probability));
  object.Set("stopReason", name_of(generation.stop_reason));
  object.Set("promptTokens", generation.prompt_tokens);
  object.Set("cachedTokens", generation.cached_tokens);
  object.Set("prefilledTokens", generation.prefilled_tokens);
  object.Set("prefillMs", generation.prefill.count());
  object.Set("timeToFirstTokenMs", generation.time_to_first_token.count());
  object.Set("decodeMs", generation.decode.count());
  object.Set("passes", generation.passes);
  object.Set("held", from_held(env, held));
  object.Set("drafts", from_drafts(env, generation.drafts));
  set_statistics(object, generation.statistics);
  object.Set("firing", from_firing(env, generation.firing));
  object.Set("keptPrompt", from_kept(env, generation.kept_prompt));
  return object;
}

Napi::Value from_description(Napi::Env env, const LoadedModel& model, const DecoderDescription& decoder,
                             int most_together) {
  const ModelFile& file = model.file;
  Napi::Object object = Napi::Object::New(env);
  object.Set("name", file.name);
  object.Set("architecture", file.architecture);
  object.Set("hiddenActivation", name_of(file.activation));
  object.Set("quantisation", file.quantisation);
  object.Set("parameters", static_cast<double>(file.parameters));
  object.Set("sizeBytes", static_cast<double>(file.size_bytes));
  object.Set("layers", file.layers);
  object.Set("embeddingLength", file.embedding_length);
  object.Set("neuronsPerLayer", file.feed_forward_length);
  object.Set("vocabularySize", model.vocabulary.size());
  object.Set("contextLength", decoder.context_length);
  object.Set("cacheType", ggml_type_name(decoder.cache_type));
  object.Set("parallel", most_together);
  object.Set("trainedContextLength", file.context_length);
  object.Set("decoder", decoder.decoder);
  object.Set("decoderReason", model.decoder_reason);
  object.Set("otherDecoder",
             model.has_other_decoder ? from_name(env, other_than(decoder.decoder)) : env.Null());
  object.Set("mode", decoder.mode);
  object.Set("kernel", from_name(env, decoder.kernel));
  object.Set("threads", decoder.threads);
  object.Set("profileCorpus", from_name(env, decoder.profile_corpus));
  object.Set("hotShare", decoder.hot_share);
  object.Set("gpuShare", decoder.gpu_share);
  object.Set("device", from_name(env, decoder.device));
  object.Set("gpuBytes", static_cast<double>(decoder.gpu_bytes));
  object.Set("attentionLayersOnGpu", decoder.attention_layers_on_gpu);
  object.Set("headOnGpu", decoder.head_on_gpu);
  object.Set("predictor", from_name(env, decoder.predictor));
  object.Set("predictorBytes", static_cast<double>(decoder.predictor_bytes));
  object.Set("gateBytes", static_cast<double>(decoder.gate_bytes));
  object.Set("upDownBytes", static_cast<double>(decoder.up_down_bytes));
  object.Set("headBytesLeftOut", decoder.head_bytes_left_out);
  object.Set("fim", from_fim(env, model.vocabulary, file));
  object.Set("warnings", from_texts(env, file.warnings));
  object.Set("confidenceWeights",
             file.confidence_weights ? from_floats(env, *file.confidence_weights) : env.Null());
  object.Set("beginningOfSequence", from_optional_token(env, model.vocabulary.beginning_of_sequence()));
  object.Set("feedForwardBytes", static_cast<double>(feed_forward_bytes(file)));
  object.Set("ownPredictorBytes", static_cast<double>(own_predictor_bytes(file)));
  object.Set("lookedUpBytes", static_cast<double>(looked_up_bytes(file)));
  object.Set("cacheBytesPerToken", static_cast<double>(cache_bytes_per_token(file, decoder.cache_type)));
  return object;
}

}  // namespace hotset::addon
