#include "convert.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <new>
#include <string>
#include <utility>

#include "decode/model_bytes.h"
#include "error.h"

namespace hotset::addon {
namespace {

[[noreturn]] void refuse(const std::string& name, const std::string& expected) {
  throw Error(ErrorKind::kBadInput, name + " must be " + expected);
}

double to_number(Napi::Object options, const char* name) {
  const Napi::Value value = options.Get(name);
  if (!value.IsNumber()) refuse(name, "a number");
  const double number = value.As<Napi::Number>().DoubleValue();
  if (!std::isfinite(number)) refuse(name, "a finite number");
  return number;
}

template <typename Integer>
Integer to_integer(Napi::Object options, const char* name) {
  const double number = to_number(options, name);
  constexpr auto kLeast = static_cast<double>(std::numeric_limits<Integer>::min());
  constexpr auto kMost = static_cast<double>(std::numeric_limits<Integer>::max());
  if (number != std::trunc(number) || number < kLeast || number > kMost) refuse(name, "a whole number");
  return static_cast<Integer>(number);
}

/// False where the option is left out.
bool to_flag(Napi::Object options, const char* name) {
  const Napi::Value value = options.Get(name);
  if (value.IsUndefined()) return false;
  if (!value.IsBoolean()) refuse(name, "true or false");
  return value.As<Napi::Boolean>().Value();
}

template <typename Choice, std::size_t kCount>
Choice to_choice(Napi::Object options, const char* name,
                 const std::array<std::pair<const char*, Choice>, kCount>& choices) {
  const Napi::Value value = options.Get(name);
  const std::string chosen = value.IsString() ? value.As<Napi::String>().Utf8Value() : "";
  std::string known;
  for (const auto& [word, choice] : choices) {
    if (chosen == word) return choice;
    known += known.empty() ? word : std::string(", ") + word;
  }
  refuse(name, "one of " + known);
}

constexpr std::array kDecoders = {std::pair{"auto", DecoderChoice::kAuto},
                                  std::pair{"llama.cpp", DecoderChoice::kLlamaCpp},
                                  std::pair{"hybrid", DecoderChoice::kHybrid}};
constexpr std::array kModes = {
    std::pair{"auto", std::optional<Mode>()}, std::pair{"dense", std::optional(Mode::kDense)},
    std::pair{"exact", std::optional(Mode::kExact)}, std::pair{"predicted", std::optional(Mode::kPredicted)},
    std::pair{"thresholded", std::optional(Mode::kThresholded)}};
constexpr std::array kPredictors = {std::pair{"auto", PredictorChoice::kAuto},
                                    std::pair{"learned", PredictorChoice::kLearned},
                                    std::pair{"sign", PredictorChoice::kSign}};
constexpr std::array kKernels = {
    std::pair{"auto", KernelChoice::kAuto}, std::pair{"scalar", KernelChoice::kScalar},
    std::pair{"avx2", KernelChoice::kAvx2}, std::pair{"avx512", KernelChoice::kAvx512},
    std::pair{"neon", KernelChoice::kNeon}};

Napi::Object to_object(Napi::Value value, const char* name) {
  if (!value.IsObject()) refuse(name, "an object");
  return value.As<Napi::Object>();
}

/// Whether an option is neither null nor left out.
bool is_given(Napi::Object options, const char* name) {
  const Napi::Value value = options.Get(name);
  return !value.IsNull() && !value.IsUndefined();
}

std::optional<std::filesystem::path> to_optional_path(Napi::Object options, const char* name) {
  if (!is_given(options, name)) return std::nullopt;
  return to_path(options.Get(name), name);
}

bool is_gpu(Napi::Object object, const char* name) {
  constexpr std::array kSides = {std::pair{"cpu", false}, std::pair{"gpu", true}};
  return to_choice(object, name, kSides);
}

Placement to_placement(Napi::Value value) {
  const Napi::Object object = to_object(value, "placement");
  const Napi::Value device = object.Get("device");
  const Napi::Value layers = object.Get("layers");
  if (!device.IsString()) refuse("placement.device", "a device's name");
  if (!layers.IsArray()) refuse("placement.layers", "a list");
  Placement placement;
  placement.device = device.As<Napi::String>().Utf8Value();
  placement.head_on_gpu = is_gpu(object, "head");
  const auto list = layers.As<Napi::Array>();
  for (std::uint32_t i = 0; i < list.Length(); ++i) {
    const Napi::Object layer = to_object(list.Get(i), "a layer of the placement");
    placement.layers.push_back(
        {.attention_on_gpu = is_gpu(layer, "attention"), .hot_on_gpu = to_integer<int>(layer, "hotNeurons")});
  }
  return placement;
}

GpuLayers to_gpu_layers(Napi::Value value) {
  const Napi::Object object = to_object(value, "gpuLayers");
  const Napi::Value device = object.Get("device");
  if (!device.IsString()) refuse("gpuLayers.device", "a device's name");
  return {.device = device.As<Napi::String>().Utf8Value(), .layers = to_integer<int>(object, "layers")};
}

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

const char* code_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kBadInput:
      return "BAD_INPUT";
    case ErrorKind::kBadModel:
      return "BAD_MODEL";
    case ErrorKind::kOutOfMemory:
      return "OUT_OF_MEMORY";
    case ErrorKind::kInternal:
      return "INTERNAL";
  }
  return "";
}

Napi::Error to_error(Napi::Env env, ErrorKind kind, const std::string& message) {
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("code", Napi::String::New(env, code_of(kind)));
  return error;
}

Napi::Value from_optional(Napi::Env env, const std::optional<double>& value) {
  return value ? Napi::Number::New(env, *value) : env.Null();
}

Napi::Value from_name(Napi::Env env, const std::string& name) {
  return name.empty() ? env.Null() : Napi::String::New(env, name);
}

}  // namespace

const char* name_of(Activation activation) {
  switch (activation) {
    case Activation::kSilu:
      return "silu";
    case Activation::kRelu:
      return "relu";
    case Activation::kDrelu:
      return "drelu";
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

LoadOptions to_load_options(Napi::Value value) {
  const Napi::Object object = to_object(value, "options");
  LoadOptions options;
  options.path = to_path(object.Get("path"), "path");
  options.decoder = to_choice(object, "decoder", kDecoders);
  options.mode = to_choice(object, "mode", kModes);
  if (is_given(object, "predictor")) options.predictor = to_choice(object, "predictor", kPredictors);
  options.profile = to_optional_path(object, "profilePath");
  options.predictors = to_optional_path(object, "predictorsPath");
  options.hot_threshold = to_number(object, "hotThreshold");
  if (is_given(object, "coldSparsity")) options.cold_sparsity = to_number(object, "coldSparsity");
  options.context_length = to_integer<int>(object, "contextLength");
  options.threads = to_integer<int>(object, "threads");
  options.kernel = to_choice(object, "kernel", kKernels);
  const Napi::Value placement = object.Get("placement");
  if (!placement.IsNull() && !placement.IsUndefined()) options.placement = to_placement(placement);
  const Napi::Value gpu_layers = object.Get("gpuLayers");
  if (!gpu_layers.IsNull() && !gpu_layers.IsUndefined()) options.gpu_layers = to_gpu_layers(gpu_layers);
  options.trace = to_flag(object, "trace");
  options.ignore_hidden_activation = to_flag(object, "ignoreHiddenActivation");
  return options;
}

std::filesystem::path to_path(Napi::Value value, const char* name) {
  if (!value.IsString()) refuse(name, "a path");
  const std::string text = value.As<Napi::String>().Utf8Value();
  return std::u8string(text.begin(), text.end());
}

ProfilerOptions to_profiler_options(Napi::Value value) {
  const Napi::Object object = to_object(value, "options");
  ProfilerOptions options;
  options.path = to_path(object.Get("path"), "path");
  options.window = to_integer<int>(object, "window");
  options.threads = to_integer<int>(object, "threads");
  options.sparsity = to_number(object, "sparsity");
  return options;
}

GenerateOptions to_generate_options(Napi::Value value) {
  const Napi::Object object = to_object(value, "options");
  GenerateOptions options;
  options.max_tokens = to_integer<int>(object, "maxTokens");
  options.max_lines = to_integer<int>(object, "maxLines");
  options.max_time = std::chrono::milliseconds(to_integer<int>(object, "maxMilliseconds"));
  options.ignore_end_of_text = to_flag(object, "ignoreEndOfText");
  if (is_given(object, "held")) options.held = to_bytes(object.Get("held"), "held");
  if (is_given(object, "sequence")) options.sequence = to_sequence(object);
  options.draft = !is_given(object, "draft") || to_flag(object, "draft");
  options.sampling.temperature = static_cast<float>(to_number(object, "temperature"));
  options.sampling.top_k = to_integer<int>(object, "topK");
  options.sampling.top_p = static_cast<float>(to_number(object, "topP"));
  options.sampling.min_p = static_cast<float>(to_number(object, "minP"));
  options.sampling.seed = to_integer<std::uint32_t>(object, "seed");
  return options;
}

std::string to_bytes(Napi::Value value, const char* name) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    refuse(name, "a Uint8Array");
  }
  const auto array = value.As<Napi::Uint8Array>();
  return {array.Data(), array.Data() + array.ElementLength()};
}

std::string to_sequence(Napi::Value value) {
  const Napi::Value name = to_object(value, "options").Get("sequence");
  if (!name.IsString()) refuse("sequence", "a string");
  return name.As<Napi::String>().Utf8Value();
}

ShapeOptions to_shape_options(Napi::Value value) {
  const Napi::Object object = to_object(value, "options");
  const auto text = [&](const char* name) {
    const Napi::Value given = object.Get(name);
    if (!given.IsString()) refuse(name, "a string");
    return given.As<Napi::String>().Utf8Value();
  };
  return {.folder = to_path(object.Get("folder"), "folder"),
          .choice = choose_shape(text("shape"), text("quant"), to_number(object, "activity"))};
}

std::vector<Token> to_tokens(Napi::Value value) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_int32_array) {
    refuse("tokens", "an Int32Array");
  }
  const auto array = value.As<Napi::Int32Array>();
  return {array.Data(), array.Data() + array.ElementLength()};
}

std::string to_text(Napi::Value value) {
  if (!value.IsString()) refuse("text", "a string");
  return value.As<Napi::String>().Utf8Value();
}

Napi::Function to_function(Napi::Value value, const char* name) {
  if (!value.IsFunction()) refuse(name, "a function");
  return value.As<Napi::Function>();
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
                                 std::pair{"prompt", DraftSource::kPrompt}};
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
  return object;
}

Napi::Value from_description(Napi::Env env, const LoadedModel& model, const DecoderDescription& decoder) {
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
  object.Set("trainedContextLength", file.context_length);
  object.Set("decoder", decoder.decoder);
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
  object.Set("fim", from_fim(env, model.vocabulary, file));
  object.Set("warnings", from_texts(env, file.warnings));
  object.Set("confidenceWeights",
             file.confidence_weights ? from_floats(env, *file.confidence_weights) : env.Null());
  object.Set("beginningOfSequence", from_optional_token(env, model.vocabulary.beginning_of_sequence()));
  object.Set("feedForwardBytes", static_cast<double>(feed_forward_bytes(file)));
  object.Set("ownPredictorBytes", static_cast<double>(own_predictor_bytes(file)));
  object.Set("lookedUpBytes", static_cast<double>(looked_up_bytes(file)));
  object.Set("cacheBytesPerToken", static_cast<double>(cache_bytes_per_token(file)));
  return object;
}

Napi::Error current_exception_to_error(Napi::Env env) {
  try {
    throw;
  } catch (const Napi::Error& error) {
    return error;
  } catch (const Error& error) {
    return to_error(env, error.kind(), error.what());
  } catch (const std::bad_alloc&) {
    return to_error(env, ErrorKind::kOutOfMemory, "memory ran out: choose a smaller model or context");
  } catch (const std::exception& error) {
    return to_error(env, ErrorKind::kInternal, error.what());
  }
}

Napi::Value guard(Napi::Env env, const std::function<Napi::Value()>& body) {
  try {
    return body();
  } catch (...) {
    throw current_exception_to_error(env);
  }
}

Napi::Value guard_promise(Napi::Env env, const std::function<Napi::Promise()>& body) {
  try {
    return body();
  } catch (...) {
    const auto deferred = Napi::Promise::Deferred::New(env);
    deferred.Reject(current_exception_to_error(env).Value());
    return deferred.Promise();
  }
}

}  // namespace hotset::addon
