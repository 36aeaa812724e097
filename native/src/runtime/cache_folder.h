// Where what can be made again is kept.
#pragma once

#include <filesystem>

namespace hotset {

/// `hotset` in the user's cache folder, as the extension's cache-folder.ts has it. It need not exist. Empty
/// where the environment does not tell.
std::filesystem::path cache_folder();

}  // namespace hotset
