#include "runtime/log.h"

#include <llama.h>

#include <map>
#include <mutex>
#include <utility>

namespace hotset {
namespace {

struct Sinks {
  std::mutex mutex;
  std::map<std::uint64_t, LogSink> by_id;
  std::uint64_t next_id = 1;
};

Sinks& sinks() {
  static Sinks all;
  return all;
}

thread_local ErrorCapture* current_capture = nullptr;

/// ggml logs in pieces: a line may arrive by several calls, the later ones marked as continuing the first.
struct PendingLine {
  LogLevel level = LogLevel::kDebug;
  std::string text;
};

void flush(PendingLine& pending) {
  if (!pending.text.empty()) log(pending.level, pending.text);
  pending.text.clear();
}

// What ggml calls info is a page for each model: of interest only to those who look for a fault.
LogLevel level_of(ggml_log_level level) {
  switch (level) {
    case GGML_LOG_LEVEL_ERROR:
      return LogLevel::kError;
    case GGML_LOG_LEVEL_WARN:
      return LogLevel::kWarn;
    default:
      return LogLevel::kDebug;
  }
}

void receive_ggml_log(ggml_log_level level, const char* text, void* /*user_data*/) {
  // These come with every token.
  if (level == GGML_LOG_LEVEL_DEBUG) return;

  thread_local PendingLine pending;
  if (level != GGML_LOG_LEVEL_CONT) {
    flush(pending);
    pending.level = level_of(level);
  }
  const std::string_view rest(text);
  for (const char c : rest) {
    if (c == '\n') {
      flush(pending);
    } else {
      pending.text.push_back(c);
    }
  }
}

void take_over_ggml_log() {
  static std::once_flag once;
  std::call_once(once, [] {
    ggml_log_set(receive_ggml_log, nullptr);
    llama_log_set(receive_ggml_log, nullptr);
  });
}

}  // namespace

LogSubscription::LogSubscription(LogSink sink) {
  take_over_ggml_log();
  Sinks& all = sinks();
  const std::lock_guard lock(all.mutex);
  id_ = all.next_id++;
  all.by_id.emplace(id_, std::move(sink));
}

LogSubscription::~LogSubscription() {
  Sinks& all = sinks();
  const std::lock_guard lock(all.mutex);
  all.by_id.erase(id_);
}

void log(LogLevel level, std::string_view line) {
  if (current_capture != nullptr) level = current_capture->take(level, line);
  Sinks& all = sinks();
  const std::lock_guard lock(all.mutex);
  for (const auto& [id, sink] : all.by_id) sink(level, line);
}

ErrorCapture::ErrorCapture() : outer_(current_capture) {
  take_over_ggml_log();
  current_capture = this;
}

ErrorCapture::~ErrorCapture() { current_capture = outer_; }

LogLevel ErrorCapture::take(LogLevel level, std::string_view line) {
  if (level == LogLevel::kError && first_error_.empty()) first_error_ = line;
  return LogLevel::kDebug;
}

std::string ErrorCapture::reason() const {
  // "llama_model_load: error loading model: unknown model architecture: 'x'": the last part is for people.
  std::string_view reason = first_error_;
  for (const std::string_view prefix :
       {std::string_view(": error loading model: "), std::string_view(": ")}) {
    const std::size_t at = reason.find(prefix);
    if (at == std::string_view::npos) continue;
    reason.remove_prefix(at + prefix.size());
    break;
  }
  return std::string(reason);
}

}  // namespace hotset
