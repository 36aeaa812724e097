#include "main_thread.h"

#include <memory>
#include <utility>

namespace hotset::addon {

MainThread::MainThread(Napi::Env env) : env_(env) {
  constexpr std::size_t kUnlimited = 0;
  constexpr std::size_t kUsers = 1;
  queue_ = Queue::New(env, "hotset", kUnlimited, kUsers);
  queue_.Unref(env);
}

void MainThread::post(MainTask task) {
  auto copy = std::make_unique<MainTask>(std::move(task));
  // Held during the call: a queue that is being torn down must not be touched.
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  if (queue_.NonBlockingCall(copy.get()) == napi_ok) static_cast<void>(copy.release());
}

void MainThread::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

void MainThread::hold() {
  if (holds_++ == 0) queue_.Ref(env_);
}

void MainThread::release() {
  if (--holds_ == 0) queue_.Unref(env_);
}

void MainThread::run(Napi::Env env, Napi::Function /*unused*/, std::nullptr_t* /*context*/, MainTask* task) {
  const std::unique_ptr<MainTask> owned(task);
  // Without an environment the queue is only being emptied.
  if (static_cast<napi_env>(env) != nullptr) (*owned)(env);
}

}  // namespace hotset::addon
