// Where the addon lies: ggml's libraries lie beside it.
#pragma once

#include <filesystem>

namespace hotset::addon {

/// Throws Error kInternal where the system does not tell.
std::filesystem::path own_folder();

}  // namespace hotset::addon
