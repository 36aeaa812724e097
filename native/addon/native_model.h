// The class `NativeModel` of addon.ts.
#pragma once

#include <napi.h>

#include <memory>

#include "decode/decoder.h"
#include "environment.h"
#include "model_thread.h"

namespace hotset::addon {

class NativeModel : public Napi::ObjectWrap<NativeModel> {
 public:
  static Napi::Function define(Napi::Env env);

  /// The JavaScript object around a model that is loaded.
  static Napi::Value wrap(Napi::Env env, std::shared_ptr<ModelThread> thread);

  /// Called by wrap() only: takes an external that JavaScript cannot make.
  explicit NativeModel(const Napi::CallbackInfo& info);

 private:
  Napi::Value describe(const Napi::CallbackInfo& info);
  Napi::Value tokenize(const Napi::CallbackInfo& info);
  Napi::Value tokenize_healed(const Napi::CallbackInfo& info);
  Napi::Value detokenize(const Napi::CallbackInfo& info);
  Napi::Value generate(const Napi::CallbackInfo& info);
  Napi::Value generate_together(const Napi::CallbackInfo& info);
  Napi::Value prefill(const Napi::CallbackInfo& info);
  Napi::Value pass_milliseconds(const Napi::CallbackInfo& info);
  Napi::Value logits(const Napi::CallbackInfo& info);
  Napi::Value take_statistics(const Napi::CallbackInfo& info);
  Napi::Value take_trace(const Napi::CallbackInfo& info);
  void cancel(const Napi::CallbackInfo& info);
  void dispose(const Napi::CallbackInfo& info);
  Napi::Value release(const Napi::CallbackInfo& info);

  /// Throws Error kBadInput once the model is disposed of.
  const OpenedModel& opened() const;
  PendingCall new_call(const Napi::CallbackInfo& info);

  /// Makes a job's result, and takes over what the decoder said of itself when the job had ended: a GPU that
  /// is lost changes it.
  static MakeResult describing(const ModelThread& thread, MakeResult make_result);

  std::shared_ptr<ModelThread> thread_;
  DecoderDescription description_;  ///< the decoder itself belongs to its thread
  bool disposed_ = false;
};

}  // namespace hotset::addon
