// Between the values of JavaScript and ours. The shapes are those of extension/engine/addon.ts.
#pragma once

#include <napi.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include "decode/decoder.h"
#include "decode/healing.h"
#include "decode/open_model.h"
#include "decode/profiler.h"
#include "decode/session.h"
#include "runtime/log.h"
#include "shapes/shape_files.h"

namespace hotset::addon {

const char* name_of(LogLevel level);
const char* name_of(Activation activation);

/// Of writeShape().
struct ShapeOptions {
  std::filesystem::path folder;
  ShapeChoice choice;
};

/// All of these throw Error kBadInput where a value is missing or of the wrong kind.
LoadOptions to_load_options(Napi::Value value);
ProfilerOptions to_profiler_options(Napi::Value value);
GenerateOptions to_generate_options(Napi::Value value);
ShapeOptions to_shape_options(Napi::Value value);
std::vector<Token> to_tokens(Napi::Value value);
std::string to_text(Napi::Value value);
/// The option `sequence`.
std::string to_sequence(Napi::Value value);
std::string to_bytes(Napi::Value value, const char* name);
std::filesystem::path to_path(Napi::Value value, const char* name);
Napi::Function to_function(Napi::Value value, const char* name);

Napi::Value from_integers(Napi::Env env, std::span<const std::int32_t> integers);
Napi::Value from_floats(Napi::Env env, std::span<const float> floats);
Napi::Value from_doubles(Napi::Env env, std::span<const double> doubles);
Napi::Value from_healed(Napi::Env env, const HealedText& healed);
Napi::Value from_prefill(Napi::Env env, const Prefill& prefill, std::span<const HeldSequence> held);
Napi::Value from_generation(Napi::Env env, const Generation& generation, std::span<const HeldSequence> held);
Napi::Value from_trace(Napi::Env env, const std::vector<TraceEvent>& events);
/// With nulls where the decoder does not look.
Napi::Value from_statistics(Napi::Env env, const std::optional<DecodeStatistics>& statistics);
Napi::String from_activation(Napi::Env env, Activation activation);
Napi::Value from_fim(Napi::Env env, const Vocabulary& vocabulary, const ModelFile& file);
Napi::Value from_optional_token(Napi::Env env, const std::optional<Token>& token);
Napi::Value from_description(Napi::Env env, const LoadedModel& model, const DecoderDescription& decoder);

/// The exception that is being handled, as a JavaScript error with a one-line message and a `code`. Only
/// inside a catch.
Napi::Error current_exception_to_error(Napi::Env env);

/// Runs the body of a call from JavaScript: only JavaScript errors leave it.
Napi::Value guard(Napi::Env env, const std::function<Napi::Value()>& body);

/// The same for a call that returns a promise: what is thrown rejects it.
Napi::Value guard_promise(Napi::Env env, const std::function<Napi::Promise()>& body);

}  // namespace hotset::addon
