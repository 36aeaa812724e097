// What libllama takes for granted of a vocabulary, and ends the process where it does not hold.
#pragma once

#include <filesystem>

#include "gguf/metadata.h"

namespace hotset {

/// Throws Error kBadModel where the file has a vocabulary whose tokens are no texts, or not all different,
/// whose word pieces are bytes, or whose RWKV tokens lack the one that a longer one begins with.
void check_vocabulary(const std::filesystem::path& path, const Metadata& metadata);

}  // namespace hotset
