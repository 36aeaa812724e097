// What the addon keeps for one JavaScript environment: the main thread or one worker thread of Node.
#pragma once

#include <napi.h>

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "decode/decoder.h"
#include "main_thread.h"
#include "model_thread.h"
#include "runtime/log.h"

namespace hotset::addon {

/// A promise that is not settled yet, with what must live until then. JavaScript thread only.
struct PendingCall {
  explicit PendingCall(Napi::Env env) : deferred(env) {}

  Napi::Promise::Deferred deferred;
  Napi::FunctionReference callback;  ///< onText or onProgress
  Napi::ObjectReference model;       ///< keeps the model object from being collected
  std::shared_ptr<ModelThread> model_thread;
  std::shared_ptr<CancelFlag> cancel;
  std::optional<Napi::Error> thrown;  ///< by `callback`; the promise rejects with it
};

using CallId = std::uint64_t;

/// Runs on the JavaScript thread; what it throws rejects the promise.
using MakeResult = std::function<Napi::Value(Napi::Env env, PendingCall& call)>;

/// Runs on the thread of the call's model; what it throws rejects the promise.
using Job = std::function<MakeResult(CallId id, const CancelFlag& cancel)>;

class Environment {
 public:
  Environment(Napi::Env env, Napi::FunctionReference model_class, Napi::FunctionReference profiler_class);
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  /// The one made when the addon was loaded into `env`.
  static Environment& of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }

  Napi::FunctionReference& model_class() { return model_class_; }
  Napi::FunctionReference& profiler_class() { return profiler_class_; }

  void set_log(Napi::Function log);

  /// Runs `job` on the model thread of `call`; the process stays alive until the promise is settled.
  Napi::Promise start(PendingCall call, Job job);

  /// The same for what ends in finish(), whatever becomes of it.
  CallId enlist(PendingCall call);
  /// From any thread, once.
  void finish(CallId id, MakeResult make_result);
  /// A result that rejects the promise.
  static MakeResult rejecting(std::exception_ptr failure);

  /// Calls the callback of a call that is not settled yet; what it throws cancels the call. From any thread.
  void notify(CallId id, std::function<Napi::Value(Napi::Env env)> make_argument);

  std::shared_ptr<ModelThread> new_model_thread();

  /// Of the call that measures the processor; empty: none does.
  std::weak_ptr<CancelFlag> measuring;

 private:
  void deliver(CallId id, const std::function<Napi::Value(Napi::Env env)>& make_argument);
  void settle(CallId id, const MakeResult& make_result);

  /// Ends and waits for every thread of ours before the environment goes away. May be called again.
  void close();
  void close_before_exit();

  Napi::Env env_;
  MainThread main_thread_;
  Napi::FunctionReference model_class_;
  Napi::FunctionReference profiler_class_;
  Napi::FunctionReference log_;
  std::optional<LogSubscription> log_subscription_;
  std::unordered_map<CallId, PendingCall> calls_;
  CallId next_call_ = 1;
  std::vector<std::weak_ptr<ModelThread>> model_threads_;
};

}  // namespace hotset::addon
