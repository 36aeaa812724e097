// Whether a file is taken for what it says.
#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <functional>
#include <string>

#include "error.h"

namespace hotset::test {

/// Opens the file by `open`, and checks that what is wrong takes one line that names it.
inline bool is_accepted(const std::filesystem::path& path, const std::function<void()>& open) {
  try {
    open();
    return true;
  } catch (const Error& error) {
    const std::string message = error.what();
    CHECK(message.find('\n') == std::string::npos);
    CHECK(message.starts_with(path.string()));
    return false;
  }
}

}  // namespace hotset::test
