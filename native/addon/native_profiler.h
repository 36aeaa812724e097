// The class `NativeProfiler` of addon.ts.
#pragma once

#include <napi.h>

#include <functional>
#include <memory>

#include "environment.h"
#include "model_thread.h"

namespace hotset::addon {

class NativeProfiler : public Napi::ObjectWrap<NativeProfiler> {
 public:
  static Napi::Function define(Napi::Env env);

  /// `openProfiler` of addon.ts.
  static Napi::Value open(const Napi::CallbackInfo& info);

  /// Called by open() only: takes an external that JavaScript cannot make.
  explicit NativeProfiler(const Napi::CallbackInfo& info);

 private:
  Napi::Value describe(const Napi::CallbackInfo& info);
  Napi::Value tokenize(const Napi::CallbackInfo& info);
  Napi::Value calibrate(const Napi::CallbackInfo& info);
  Napi::Value count(const Napi::CallbackInfo& info);
  Napi::Value snapshot(const Napi::CallbackInfo& info);
  Napi::Value save(const Napi::CallbackInfo& info);
  Napi::Value begin_samples(const Napi::CallbackInfo& info);
  Napi::Value sample(const Napi::CallbackInfo& info);
  Napi::Value train_layer(const Napi::CallbackInfo& info);
  Napi::Value read_part(const Napi::CallbackInfo& info);
  Napi::Value join_parts(const Napi::CallbackInfo& info);
  void cancel(const Napi::CallbackInfo& info);
  void dispose(const Napi::CallbackInfo& info);

  /// Throws Error kBadInput once the profiler is disposed of.
  OpenedProfiler& opened() const;

  /// Runs `work` on the profiler's thread and resolves with what it makes.
  using Work =
      std::function<MakeResult(OpenedProfiler& opened, const Progress& progress, const CancelFlag& cancel)>;
  Napi::Promise start(const Napi::CallbackInfo& info, Work work, Napi::FunctionReference on_progress = {});

  std::shared_ptr<ModelThread> thread_;
  bool disposed_ = false;
};

/// `readProfile` of addon.ts.
Napi::Value read_profile(const Napi::CallbackInfo& info);

}  // namespace hotset::addon
