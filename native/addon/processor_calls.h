// How fast the processor is, for what the engine foretells of models.
#pragma once

#include <napi.h>

namespace hotset::addon {

/// Adds measureProcessor and cancelMeasuring of extension/engine/addon.ts.
void add_processor_calls(Napi::Env env, Napi::Object exports);

}  // namespace hotset::addon
