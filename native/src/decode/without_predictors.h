// A model's file as libllama takes it: it refuses files with tensors that it does not know, and predictors
// are such.
#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>

#include "gguf/metadata.h"

namespace hotset {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using FileHandle = std::unique_ptr<std::FILE, CloseFile>;

/// A temporary copy of the model at `path`, whose header is `metadata`, with everything but its predictors;
/// null where it has none. It goes away when it is closed. Throws Error kBadInput where there is no room for
/// it, kBadModel as ModelFile::open_tensors() does.
FileHandle copy_without_predictors(const std::filesystem::path& path, const Metadata& metadata);

}  // namespace hotset
