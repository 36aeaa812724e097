#include "write_shape.h"

#include <memory>
#include <string>
#include <utility>

#include "environment.h"
#include "error.h"
#include "errors.h"
#include "parameters.h"
#include "runtime/processors.h"
#include "shapes/shape_files.h"

namespace hotset::addon {
namespace {

Napi::Value from_files(Napi::Env env, const ShapeFiles& files) {
  Napi::Object object = Napi::Object::New(env);
  const auto set = [&](const char* name, const std::filesystem::path& path) {
    const std::u8string text = path.u8string();
    object.Set(name, Napi::String::New(env, std::string(text.begin(), text.end())));
  };
  set("model", files.model);
  set("profile", files.profile);
  set("predictors", files.predictors);
  set("neurons", files.neurons);
  return object;
}

}  // namespace

Napi::Value write_shape(const Napi::CallbackInfo& info) {
  return guard_promise(info.Env(), [&] {
    Environment& environment = Environment::of(info.Env());
    PendingCall call(info.Env());
    call.callback = Napi::Persistent(to_function(info[1], "onProgress"));
    const ShapeOptions options = to_shape_options(info[0]);
    call.model_thread = environment.new_model_thread();
    call.cancel = call.model_thread->new_flag();
    return environment.start(
        std::move(call), [options, &environment](CallId id, const CancelFlag& cancel) -> MakeResult {
          const Progress on_progress = [&](double fraction) {
            if (cancel) throw Error(ErrorKind::kBadInput, "writing the shape was given up");
            environment.notify(id, [fraction](Napi::Env env) { return Napi::Number::New(env, fraction); });
          };
          const ShapeFiles files =
              hotset::write_shape(options.choice, options.folder, physical_cores(), on_progress);
          return [files](Napi::Env env, PendingCall&) { return from_files(env, files); };
        });
  });
}

}  // namespace hotset::addon
