#include "environment.h"

#include <string>
#include <utility>

#include "errors.h"
#include "results.h"

namespace hotset::addon {

Environment::Environment(Napi::Env env, Napi::FunctionReference model_class,
                         Napi::FunctionReference profiler_class)
    : env_(env),
      main_thread_(env),
      model_class_(std::move(model_class)),
      profiler_class_(std::move(profiler_class)) {
  // Hooks run in reverse order: this one before the one that tears down the main thread's queue.
  env.AddCleanupHook([this] { close(); });
  close_before_exit();
}

/// process.exit() runs no cleanup hooks in the main thread: it goes straight on to the destructors of every
/// library, ggml's among them, which threads that still compute must not meet.
void Environment::close_before_exit() {
  const auto process = env_.Global().Get("process").As<Napi::Object>();
  const auto on_exit = Napi::Function::New(env_, [this](const Napi::CallbackInfo&) { close(); });
  process.Get("once").As<Napi::Function>().Call(process, {Napi::String::New(env_, "exit"), on_exit});
}

void Environment::set_log(Napi::Function log) {
  log_ = Napi::Persistent(log);
  log_subscription_.emplace([this](LogLevel level, std::string_view line) {
    main_thread_.post([this, level, text = std::string(line)](Napi::Env env) {
      const Napi::HandleScope scope(env);
      try {
        log_.Call({Napi::String::New(env, name_of(level)), Napi::String::New(env, text)});
      } catch (const Napi::Error& error) {
        // A log that fails has nobody to tell but the process.
        error.ThrowAsJavaScriptException();
      }
    });
  });
}

Napi::Promise Environment::start(PendingCall call, Job job) {
  const Napi::Promise promise = call.deferred.Promise();
  const auto thread = call.model_thread;
  const auto cancel = call.cancel;
  const CallId id = enlist(std::move(call));
  thread->worker.add([this, id, cancel, job = std::move(job)] {
    MakeResult make_result;
    try {
      make_result = job(id, *cancel);
    } catch (...) {
      make_result = rejecting(std::current_exception());
    }
    finish(id, std::move(make_result));
  });
  return promise;
}

CallId Environment::enlist(PendingCall call) {
  const CallId id = next_call_++;
  main_thread_.hold();
  calls_.emplace(id, std::move(call));
  return id;
}

void Environment::finish(CallId id, MakeResult make_result) {
  main_thread_.post([this, id, make = std::move(make_result)](Napi::Env) { settle(id, make); });
}

MakeResult Environment::rejecting(std::exception_ptr failure) {
  return [failure = std::move(failure)](Napi::Env, PendingCall&) -> Napi::Value {
    std::rethrow_exception(failure);
  };
}

void Environment::notify(CallId id, std::function<Napi::Value(Napi::Env env)> make_argument) {
  main_thread_.post([this, id, make = std::move(make_argument)](Napi::Env) { deliver(id, make); });
}

void Environment::deliver(CallId id, const std::function<Napi::Value(Napi::Env env)>& make_argument) {
  const auto found = calls_.find(id);
  if (found == calls_.end() || found->second.thrown) return;
  const Napi::HandleScope scope(env_);
  try {
    found->second.callback.Call({make_argument(env_)});
  } catch (const Napi::Error& error) {
    found->second.thrown = error;
    found->second.cancel->store(true);
  }
}

void Environment::settle(CallId id, const MakeResult& make_result) {
  auto node = calls_.extract(id);
  if (node.empty()) return;
  PendingCall& call = node.mapped();
  const Napi::HandleScope scope(env_);
  main_thread_.release();
  if (call.thrown) return call.deferred.Reject(call.thrown->Value());
  try {
    call.deferred.Resolve(make_result(env_, call));
  } catch (...) {
    call.deferred.Reject(current_exception_to_error(env_).Value());
  }
}

std::shared_ptr<ModelThread> Environment::new_model_thread() {
  std::erase_if(model_threads_, [](const auto& thread) { return thread.expired(); });
  auto thread = std::make_shared<ModelThread>();
  model_threads_.push_back(thread);
  return thread;
}

void Environment::close() {
  main_thread_.close();
  log_subscription_.reset();
  for (const auto& weak : model_threads_) {
    const auto thread = weak.lock();
    if (!thread) continue;
    thread->dispose();
    thread->worker.join();
  }
}

}  // namespace hotset::addon
