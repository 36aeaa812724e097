// `NativeAddon` of extension/engine/addon.ts: entry point of hotset.node.
#include <napi.h>

#include <memory>
#include <utility>

#include "decode/open_model.h"
#include "environment.h"
#include "errors.h"
#include "native_model.h"
#include "native_profiler.h"
#include "own_folder.h"
#include "parameters.h"
#include "placement_calls.h"
#include "processor_calls.h"
#include "runtime/backends.h"
#include "write_shape.h"

namespace hotset::addon {
namespace {

Napi::Value initialise(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    Environment::of(info.Env()).set_log(to_function(info[0], "log"));
    load_backends(own_folder());
    return info.Env().Undefined();
  });
}

Napi::Value load_model(const Napi::CallbackInfo& info) {
  return guard_promise(info.Env(), [&] {
    Environment& environment = Environment::of(info.Env());
    PendingCall call(info.Env());
    call.callback = Napi::Persistent(to_function(info[1], "onProgress"));
    const LoadOptions options = to_load_options(info[0]);
    cpu_backend();  // refuses before initialise()
    call.model_thread = environment.new_model_thread();
    call.cancel = call.model_thread->new_flag();
    ModelThread& thread = *call.model_thread;
    return environment.start(
        std::move(call), [options, &thread, &environment](CallId id, const CancelFlag& cancel) -> MakeResult {
          const Progress on_progress = [&](double fraction) {
            environment.notify(id, [fraction](Napi::Env env) { return Napi::Number::New(env, fraction); });
          };
          thread.opened = std::make_unique<OpenedModel>(open_model(options, on_progress, cancel));
          return [](Napi::Env env, PendingCall& loaded) {
            return NativeModel::wrap(env, std::move(loaded.model_thread));
          };
        });
  });
}

Napi::Object create(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new Environment(env, Napi::Persistent(NativeModel::define(env)),
                                      Napi::Persistent(NativeProfiler::define(env))));
  exports.Set("initialise", Napi::Function::New(env, initialise, "initialise"));
  exports.Set("loadModel", Napi::Function::New(env, load_model, "loadModel"));
  exports.Set("openProfiler", Napi::Function::New(env, NativeProfiler::open, "openProfiler"));
  exports.Set("readProfile", Napi::Function::New(env, read_profile, "readProfile"));
  exports.Set("writeShape", Napi::Function::New(env, write_shape, "writeShape"));
  add_placement_calls(env, exports);
  add_processor_calls(env, exports);
  return exports;
}

}  // namespace
}  // namespace hotset::addon

static Napi::Object create_addon(Napi::Env env, Napi::Object exports) {
  return hotset::addon::create(env, exports);
}

NODE_API_MODULE(hotset, create_addon)
