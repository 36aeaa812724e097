// The text of a generation, which ends at its limit of lines.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "decode/generation.h"
#include "decode/utf8_stream.h"

namespace hotset {

class LimitedText {
 public:
  /// max_lines: line feeds, the last of which is no part of the text; 0: no limit. The sink must outlive
  /// this.
  LimitedText(int max_lines, const TextSink& sink) : max_lines_(max_lines), sink_(sink) {}

  /// Returns whether the text is at its limit now.
  bool add(std::string_view bytes);

  std::size_t size() const { return text_.size(); }

  std::string take() { return std::move(text_); }

 private:
  /// Where the line feed stands that reaches the limit.
  std::size_t find_limit(std::string_view characters);

  int max_lines_;
  int lines_ = 0;
  const TextSink& sink_;
  Utf8Stream stream_;
  std::string text_;
};

}  // namespace hotset
