#include "decode/utf8_stream.h"

#include <doctest/doctest.h>

#include <string>

using hotset::Utf8Stream;

TEST_CASE("a character split over tokens comes out once it is whole") {
  Utf8Stream stream;
  CHECK(stream.append("a\xE2") == "a");
  CHECK(stream.append("\x82").empty());
  CHECK(stream.append("\xAC!") == "\xE2\x82\xAC!");
}

TEST_CASE("whole characters of every length pass unchanged") {
  const std::string text = "a\u00E9\u20AC\U0001F600\n";
  CHECK(Utf8Stream().append(text) == text);
}

TEST_CASE("every split of a text gives the same text") {
  const std::string text = "x\u00E9\u20AC\U0001F600y";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    Utf8Stream stream;
    std::string joined = stream.append(text.substr(0, cut));
    joined += stream.append(text.substr(cut));
    CHECK(joined == text);
  }
}

TEST_CASE("bytes that are no character become one replacement for each maximal part") {
  const auto replacements = [](int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += "\uFFFD";
    return text;
  };
  // The examples of the Unicode standard, section 3.9.
  CHECK(Utf8Stream().append("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41") == replacements(8) + "A");
  CHECK(Utf8Stream().append("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41") == replacements(4) + "A");
  CHECK(Utf8Stream().append("\xED\xA0\x80") == replacements(3));
}

TEST_CASE("an unfinished character at the end stays in") {
  CHECK(Utf8Stream().append("ok\xF0\x9F\x98") == "ok");
}
