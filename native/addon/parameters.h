// What JavaScript passes, as our values. The shapes are those of extension/engine/addon.ts.
#pragma once

#include <napi.h>

#include <filesystem>
#include <string>
#include <vector>

#include "decode/decoder.h"
#include "decode/generation.h"
#include "decode/open_model.h"
#include "decode/profiler.h"
#include "shapes/shape_files.h"

namespace hotset::addon {

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

}  // namespace hotset::addon
