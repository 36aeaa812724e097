// Our values, as JavaScript gets them. The shapes are those of extension/engine/addon.ts.
#pragma once

#include <napi.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "decode/decoder.h"
#include "decode/healing.h"
#include "decode/open_model.h"
#include "decode/session.h"
#include "runtime/log.h"

namespace hotset::addon {

const char* name_of(LogLevel level);
const char* name_of(Activation activation);

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
/// most_together: of the session
Napi::Value from_description(Napi::Env env, const LoadedModel& model, const DecoderDescription& decoder,
                             int most_together);

}  // namespace hotset::addon
