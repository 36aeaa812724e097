// Words out of a file in messages for people.
#pragma once

#include <string>

namespace hotset {

/// Whether a name has no control characters and bearable length.
bool is_printable(const std::string& name);

/// `text` for a message: as it is, or what is wrong with it.
std::string printable(const std::string& text);

}  // namespace hotset
