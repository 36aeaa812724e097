// What the targets share: an input as a file, and what a reader may do with a bad one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace hotset::fuzz {

using Input = std::span<const std::uint8_t>;

/// A folder of this process's own, in memory where the system has such a place; gone when the process ends.
const std::filesystem::path& scratch_folder();

/// Writes the input as `name` in the scratch folder, in the place of the one before.
std::filesystem::path as_file(Input input, const std::string& name = "input.gguf");

/// Aborts unless `message` is one line without control characters that begins with the path.
void require_clear(const std::string& message, const std::filesystem::path& path);

/// Opens ggml's backends and silences the log, once.
void start_engine();

/// Aborts where `is_so` is false.
void require(bool is_so, const char* what);

/// Whether `read` takes the file. It may refuse it by one clear line and in no other way.
template <typename Read>
bool accepts(const std::filesystem::path& path, const Read& read);

}  // namespace hotset::fuzz

#include "error.h"

template <typename Read>
bool hotset::fuzz::accepts(const std::filesystem::path& path, const Read& read) {
  try {
    read();
    return true;
  } catch (const Error& error) {
    require(error.kind() != ErrorKind::kInternal, error.what());
    require_clear(error.what(), path);
    return false;
  }
}
