// One log for our own lines and those of ggml and llama.cpp, which write to stderr when left alone.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace hotset {

enum class LogLevel { kDebug, kInfo, kWarn, kError };

/// Called with whole lines, from any thread; must not log itself.
using LogSink = std::function<void(LogLevel level, std::string_view line)>;

/// Receives every line logged while it lives. The first one made also takes over the logs of ggml and
/// llama.cpp.
class LogSubscription {
 public:
  explicit LogSubscription(LogSink sink);
  ~LogSubscription();
  LogSubscription(const LogSubscription&) = delete;
  LogSubscription& operator=(const LogSubscription&) = delete;

 private:
  std::uint64_t id_ = 0;
};

void log(LogLevel level, std::string_view line);

/// Keeps the first error line that this thread logs while it lives: llama.cpp tells why it refused a file
/// nowhere else. The lines themselves count as details then, since whoever captures them tells the user what
/// went wrong, if anything did: a graph that is cancelled logs errors too.
class ErrorCapture {
 public:
  ErrorCapture();
  ~ErrorCapture();
  ErrorCapture(const ErrorCapture&) = delete;
  ErrorCapture& operator=(const ErrorCapture&) = delete;

  /// The reason without the function names in front of it; empty when no error was logged.
  std::string reason() const;

 private:
  friend void log(LogLevel level, std::string_view line);

  /// Returns the level to log the line with.
  LogLevel take(LogLevel level, std::string_view line);

  std::string first_error_;
  ErrorCapture* outer_;
};

}  // namespace hotset
