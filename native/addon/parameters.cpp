#include "parameters.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>

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
constexpr std::array kThresholds = {std::pair{"share", Threshold::By::kShare},
                                    std::pair{"mass", Threshold::By::kMass},
                                    std::pair{"value", Threshold::By::kValue},
                                    std::pair{"top", Threshold::By::kTop},
                                    std::pair{"token-mass", Threshold::By::kTokenMass},
                                    std::pair{"dynamic-mass", Threshold::By::kDynamicMass},
                                    std::pair{"entropy", Threshold::By::kEntropy}};
constexpr std::array kCacheTypes = {std::pair{"f16", GGML_TYPE_F16}, std::pair{"q8_0", GGML_TYPE_Q8_0}};
constexpr std::array kKernels = {
    std::pair{"auto", KernelChoice::kAuto},     std::pair{"scalar", KernelChoice::kScalar},
    std::pair{"avx2", KernelChoice::kAvx2},     std::pair{"avxvnni", KernelChoice::kAvxVnni},
    std::pair{"avx512", KernelChoice::kAvx512}, std::pair{"neon", KernelChoice::kNeon}};

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

Threshold to_threshold(Napi::Value value) {
  const Napi::Object object = to_object(value, "threshold");
  return {.by = to_choice(object, "by", kThresholds), .at = to_number(object, "at")};
}

MeasuredDecoder to_measured_decoder(Napi::Value value) {
  constexpr std::array kEither = {std::pair{"llama.cpp", false}, std::pair{"hybrid", true}};
  const Napi::Object object = to_object(value, "measuredDecoder");
  const Napi::Value reason = object.Get("reason");
  if (!reason.IsString()) refuse("measuredDecoder.reason", "a line");
  return {.is_hybrid = to_choice(object, "decoder", kEither),
          .reason = reason.As<Napi::String>().Utf8Value()};
}

GpuLayers to_gpu_layers(Napi::Value value) {
  const Napi::Object object = to_object(value, "gpuLayers");
  const Napi::Value device = object.Get("device");
  if (!device.IsString()) refuse("gpuLayers.device", "a device's name");
  return {.device = device.As<Napi::String>().Utf8Value(), .layers = to_integer<int>(object, "layers")};
}

std::span<const std::uint8_t> to_octets(Napi::Value value, const char* name) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    refuse(name, "a Uint8Array");
  }
  const auto array = value.As<Napi::Uint8Array>();
  return {array.Data(), array.ElementLength()};
}

}  // namespace

LoadOptions to_load_options(Napi::Value value) {
  const Napi::Object object = to_object(value, "options");
  LoadOptions options;
  options.path = to_path(object.Get("path"), "path");
  options.decoder = to_choice(object, "decoder", kDecoders);
  if (is_given(object, "measuredDecoder")) {
    options.measured = to_measured_decoder(object.Get("measuredDecoder"));
  }
  options.mode = to_choice(object, "mode", kModes);
  if (is_given(object, "predictor")) options.predictor = to_choice(object, "predictor", kPredictors);
  options.profile = to_optional_path(object, "profilePath");
  options.predictors = to_optional_path(object, "predictorsPath");
  options.hot_threshold = to_number(object, "hotThreshold");
  if (is_given(object, "selection")) options.selection = to_choice(object, "selection", kSelections);
  if (is_given(object, "threshold")) options.threshold = to_threshold(object.Get("threshold"));
  if (is_given(object, "verify")) options.dense_passes.verified = to_integer<int>(object, "verify");
  if (is_given(object, "correct")) options.dense_passes.corrected = to_integer<int>(object, "correct");
  options.context_length = to_integer<int>(object, "contextLength");
  if (is_given(object, "cacheType")) options.cache_type = to_choice(object, "cacheType", kCacheTypes);
  if (is_given(object, "parallel")) options.parallel = to_integer<int>(object, "parallel");
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
  options.watch = to_flag(object, "watch");
  options.keep_prompt = to_flag(object, "keepPrompt");
  if (is_given(object, "keptPrompt")) {
    const auto kept = std::as_bytes(to_octets(object.Get("keptPrompt"), "keptPrompt"));
    options.kept_prompt.assign(kept.begin(), kept.end());
  }
  options.sampling.temperature = static_cast<float>(to_number(object, "temperature"));
  options.sampling.top_k = to_integer<int>(object, "topK");
  options.sampling.top_p = static_cast<float>(to_number(object, "topP"));
  options.sampling.min_p = static_cast<float>(to_number(object, "minP"));
  options.sampling.seed = to_integer<std::uint32_t>(object, "seed");
  return options;
}

std::string to_bytes(Napi::Value value, const char* name) {
  const auto octets = to_octets(value, name);
  return {octets.begin(), octets.end()};
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
  std::optional<double> activity;
  if (is_given(object, "activity")) activity = to_number(object, "activity");
  std::optional<int> layers;
  if (is_given(object, "layers")) layers = to_integer<int>(object, "layers");
  return {.folder = to_path(object.Get("folder"), "folder"),
          .choice = choose_shape(text("shape"), text("quant"), activity, layers)};
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

}  // namespace hotset::addon
