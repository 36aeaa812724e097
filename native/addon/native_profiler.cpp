#include "native_profiler.h"

#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "error.h"
#include "errors.h"
#include "parameters.h"
#include "results.h"
#include "runtime/backends.h"

namespace hotset::addon {
namespace {

Napi::Value from_profile(Napi::Env env, const Profile& profile) {
  Napi::Object object = Napi::Object::New(env);
  Napi::Array frequencies = Napi::Array::New(env, profile.frequencies.size());
  for (std::uint32_t layer = 0; layer < profile.frequencies.size(); ++layer) {
    frequencies.Set(layer, from_floats(env, profile.frequencies[layer]));
  }
  object.Set("corpus", profile.corpus);
  object.Set("tokens", static_cast<double>(profile.tokens));
  object.Set("frequencies", frequencies);
  return object;
}

MakeResult make_boolean(bool value) {
  return [value](Napi::Env env, PendingCall&) { return Napi::Boolean::New(env, value); };
}

int to_count(Napi::Value value, const char* name) {
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : -1.0;
  constexpr double kMost = 1e9;
  if (number >= 0.0 && number <= kMost && number == std::trunc(number)) return static_cast<int>(number);
  throw Error(ErrorKind::kBadInput, std::string(name) + " must be a whole number of at least 0");
}

PredictorTrainer& trainer_of(OpenedProfiler& opened) {
  if (opened.trainer) return *opened.trainer;
  throw Error(ErrorKind::kBadInput, "call beginSamples first");
}

/// Null where there is none.
Napi::Value from_part(Napi::Env env, const std::optional<PredictorPartFigures>& part) {
  if (!part) return env.Null();
  Napi::Object object = Napi::Object::New(env);
  object.Set("layer", part->layer);
  object.Set("hidden", part->hidden);
  object.Set("bytes", static_cast<double>(part->bytes));
  object.Set("wantedRecall", static_cast<double>(part->wanted_recall));
  object.Set("recall", static_cast<double>(part->recall));
  object.Set("share", static_cast<double>(part->share));
  return object;
}

}  // namespace

Napi::Function NativeProfiler::define(Napi::Env env) {
  return DefineClass(env, "NativeProfiler",
                     {
                         InstanceMethod<&NativeProfiler::describe>("describe"),
                         InstanceMethod<&NativeProfiler::tokenize>("tokenize"),
                         InstanceMethod<&NativeProfiler::calibrate>("calibrate"),
                         InstanceMethod<&NativeProfiler::count>("count"),
                         InstanceMethod<&NativeProfiler::snapshot>("snapshot"),
                         InstanceMethod<&NativeProfiler::save>("save"),
                         InstanceMethod<&NativeProfiler::begin_samples>("beginSamples"),
                         InstanceMethod<&NativeProfiler::sample>("sample"),
                         InstanceMethod<&NativeProfiler::train_layer>("trainLayer"),
                         InstanceMethod<&NativeProfiler::read_part>("readPart"),
                         InstanceMethod<&NativeProfiler::join_parts>("joinParts"),
                         InstanceMethod<&NativeProfiler::cancel>("cancel"),
                         InstanceMethod<&NativeProfiler::dispose>("dispose"),
                     });
}

Napi::Value NativeProfiler::open(const Napi::CallbackInfo& info) {
  return guard_promise(info.Env(), [&] {
    Environment& environment = Environment::of(info.Env());
    PendingCall call(info.Env());
    call.callback = Napi::Persistent(to_function(info[1], "onProgress"));
    const ProfilerOptions options = to_profiler_options(info[0]);
    cpu_backend();  // refuses before initialise()
    call.model_thread = environment.new_model_thread();
    call.cancel = call.model_thread->new_flag();
    ModelThread& thread = *call.model_thread;
    return environment.start(
        std::move(call), [options, &thread, &environment](CallId id, const CancelFlag& cancel) -> MakeResult {
          const Progress on_progress = [&](double fraction) {
            environment.notify(id, [fraction](Napi::Env env) { return Napi::Number::New(env, fraction); });
          };
          thread.profiler = std::make_unique<OpenedProfiler>(options, on_progress, cancel);
          return [](Napi::Env env, PendingCall& loaded) -> Napi::Value {
            return Environment::of(env).profiler_class().New(
                {Napi::External<std::shared_ptr<ModelThread>>::New(env, &loaded.model_thread)});
          };
        });
  });
}

NativeProfiler::NativeProfiler(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  if (!info[0].IsExternal()) {
    throw Napi::TypeError::New(info.Env(), "NativeProfiler cannot be constructed: call openProfiler()");
  }
  thread_ = std::move(*info[0].As<Napi::External<std::shared_ptr<ModelThread>>>().Data());
}

Napi::Value NativeProfiler::describe(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    const OpenedProfiler& profiler = opened();
    const ModelFile& file = profiler.profiler.file();
    Napi::Object object = Napi::Object::New(info.Env());
    object.Set("name", file.name);
    object.Set("hiddenActivation", from_activation(info.Env(), file.activation));
    object.Set("sizeBytes", static_cast<double>(file.size_bytes));
    object.Set("layers", file.layers);
    object.Set("neuronsPerLayer", file.feed_forward_length);
    object.Set("window", profiler.profiler.window());
    object.Set("threads", profiler.profiler.threads());
    object.Set("needsCalibration", profiler.profiler.needs_calibration());
    object.Set("fim", from_fim(info.Env(), profiler.vocabulary, file));
    object.Set("beginningOfSequence",
               from_optional_token(info.Env(), profiler.vocabulary.beginning_of_sequence()));
    return object;
  });
}

Napi::Value NativeProfiler::tokenize(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    return from_integers(info.Env(), opened().vocabulary.tokenize(to_text(info[0]), false));
  });
}

Napi::Value NativeProfiler::calibrate(const Napi::CallbackInfo& info) {
  return guard_promise(info.Env(), [&] {
    return start(info, [tokens = to_tokens(info[0])](OpenedProfiler& opened, const Progress&,
                                                     const CancelFlag& cancel) {
      return make_boolean(opened.profiler.calibrate(tokens, cancel));
    });
  });
}

Napi::Value NativeProfiler::count(const Napi::CallbackInfo& info) {
  return guard_promise(info.Env(), [&] {
    return start(info, [tokens = to_tokens(info[0])](OpenedProfiler& opened, const Progress&,
                                                     const CancelFlag& cancel) {
      return make_boolean(opened.profiler.count(tokens, cancel));
    });
  });
}

Napi::Value NativeProfiler::snapshot(const Napi::CallbackInfo& info) {
  return guard_promise(info.Env(), [&] {
    return start(info, [](OpenedProfiler& opened, const Progress&, const CancelFlag&) -> MakeResult {
      return [profile = opened.profiler.profile("")](Napi::Env env, PendingCall&) {
        return from_profile(env, profile);
      };
    });
  });
}

Napi::Value NativeProfiler::save(const Napi::CallbackInfo& info) {
  return guard_promise(info.Env(), [&] {
    return start(info,
                 [path = to_path(info[0], "path"), corpus = to_text(info[1])](
                     OpenedProfiler& opened, const Progress&, const CancelFlag&) -> MakeResult {
                   opened.profiler.profile(corpus).write(path);
                   return [](Napi::Env env, PendingCall&) { return env.Undefined(); };
                 });
  });
}

Napi::Value NativeProfiler::begin_samples(const Napi::CallbackInfo& info) {
  return guard_promise(info.Env(), [&] {
    return start(info,
                 [first = to_count(info[0], "first"), count = to_count(info[1], "count")](
                     OpenedProfiler& opened, const Progress&, const CancelFlag&) -> MakeResult {
                   if (!opened.trainer) opened.trainer.emplace(opened.profiler);
                   opened.trainer->begin(first, count);
                   const auto most = static_cast<double>(opened.trainer->most_tokens(count));
                   return [most](Napi::Env env, PendingCall&) { return Napi::Number::New(env, most); };
                 });
  });
}

Napi::Value NativeProfiler::sample(const Napi::CallbackInfo& info) {
  return guard_promise(info.Env(), [&] {
    return start(info, [tokens = to_tokens(info[0])](OpenedProfiler& opened, const Progress&,
                                                     const CancelFlag& cancel) {
      return make_boolean(trainer_of(opened).sample(tokens, cancel));
    });
  });
}

Napi::Value NativeProfiler::train_layer(const Napi::CallbackInfo& info) {
  return guard_promise(info.Env(), [&] {
    return start(
        info,
        [layer = to_count(info[0], "layer"), recall = info[1].ToNumber().DoubleValue(),
         path = to_path(info[2], "path")](OpenedProfiler& opened, const Progress& progress,
                                          const CancelFlag& cancel) -> MakeResult {
          return [part = trainer_of(opened).train(layer, recall, path, progress, cancel)](
                     Napi::Env env, PendingCall&) { return from_part(env, part); };
        },
        Napi::Persistent(to_function(info[3], "onProgress")));
  });
}

Napi::Value NativeProfiler::read_part(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    return from_part(info.Env(), read_predictor_part(to_path(info[0], "path"), opened().profiler.file()));
  });
}

Napi::Value NativeProfiler::join_parts(const Napi::CallbackInfo& info) {
  return guard_promise(info.Env(), [&] {
    std::vector<std::filesystem::path> parts;
    const auto names = info[0].As<Napi::Array>();
    parts.reserve(names.Length());
    for (std::uint32_t i = 0; i < names.Length(); ++i) parts.push_back(to_path(names.Get(i), "part"));
    return start(info,
                 [parts = std::move(parts), path = to_path(info[1], "path")](
                     OpenedProfiler& opened, const Progress&, const CancelFlag&) -> MakeResult {
                   join_predictor_parts(parts, opened.profiler.file(), path);
                   return [](Napi::Env env, PendingCall&) { return env.Undefined(); };
                 });
  });
}

void NativeProfiler::cancel(const Napi::CallbackInfo& /*info*/) { thread_->cancel(); }

void NativeProfiler::dispose(const Napi::CallbackInfo& /*info*/) {
  disposed_ = true;
  thread_->dispose();
}

OpenedProfiler& NativeProfiler::opened() const {
  if (disposed_) throw Error(ErrorKind::kBadInput, "the profiler was disposed of: open it again");
  return *thread_->profiler;
}

Napi::Promise NativeProfiler::start(const Napi::CallbackInfo& info, Work work,
                                    Napi::FunctionReference on_progress) {
  opened();
  Environment& environment = Environment::of(info.Env());
  PendingCall call(info.Env());
  call.callback = std::move(on_progress);
  call.model = Napi::Persistent(info.This().As<Napi::Object>());
  call.model_thread = thread_;
  call.cancel = thread_->new_flag();
  return environment.start(std::move(call), [work = std::move(work), thread = thread_.get(), &environment](
                                                CallId id, const CancelFlag& cancel) {
    const Progress progress = [&](double fraction) {
      environment.notify(id, [fraction](Napi::Env env) { return Napi::Number::New(env, fraction); });
    };
    return work(*thread->profiler, progress, cancel);
  });
}

Napi::Value read_profile(const Napi::CallbackInfo& info) {
  return guard_promise(info.Env(), [&] {
    const ModelFile model = ModelFile::open(to_path(info[0], "model"));
    const auto deferred = Napi::Promise::Deferred::New(info.Env());
    deferred.Resolve(from_profile(info.Env(), Profile::read(to_path(info[1], "profile"), model)));
    return deferred.Promise();
  });
}

}  // namespace hotset::addon
