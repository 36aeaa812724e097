// The way back from our threads to the JavaScript thread of one environment.
#pragma once

#include <napi.h>

#include <functional>
#include <mutex>

namespace hotset::addon {

/// Must not throw.
using MainTask = std::function<void(Napi::Env env)>;

class MainThread {
 public:
  explicit MainThread(Napi::Env env);

  /// Runs `task` on the JavaScript thread, after those posted before it. From any thread; does nothing once
  /// closed.
  void post(MainTask task);

  /// Takes no more tasks; those still waiting may never run. JavaScript thread only.
  void close();

  /// While held at least once, an otherwise idle process does not end. JavaScript thread only.
  void hold();
  void release();

 private:
  static void run(Napi::Env env, Napi::Function unused, std::nullptr_t* context, MainTask* task);
  using Queue = Napi::TypedThreadSafeFunction<std::nullptr_t, MainTask, run>;

  Napi::Env env_;
  std::mutex mutex_;
  bool closed_ = false;
  int holds_ = 0;
  Queue queue_;
};

}  // namespace hotset::addon
