// `writeShape` of addon.ts.
#pragma once

#include <napi.h>

namespace hotset::addon {

/// (options: { folder, shape, quant, activity }, onProgress) → promise of the four paths.
Napi::Value write_shape(const Napi::CallbackInfo& info);

}  // namespace hotset::addon
