// What the engine asks before it loads a model: what there is to place, and what each device can do.
#pragma once

#include <napi.h>

namespace hotset::addon {

/// Adds devices, inspectModel, placementCosts, measureDevice and fitGpuLayers of extension/engine/addon.ts.
void add_placement_calls(Napi::Env env, Napi::Object exports);

}  // namespace hotset::addon
