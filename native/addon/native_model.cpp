#include "native_model.h"

#include <string>
#include <utility>
#include <vector>

#include "error.h"
#include "errors.h"
#include "parameters.h"
#include "results.h"

namespace hotset::addon {

Napi::Function NativeModel::define(Napi::Env env) {
  return DefineClass(env, "NativeModel",
                     {
                         InstanceMethod<&NativeModel::describe>("describe"),
                         InstanceMethod<&NativeModel::tokenize>("tokenize"),
                         InstanceMethod<&NativeModel::tokenize_healed>("tokenizeHealed"),
                         InstanceMethod<&NativeModel::detokenize>("detokenize"),
                         InstanceMethod<&NativeModel::generate>("generate"),
                         InstanceMethod<&NativeModel::generate_together>("generateTogether"),
                         InstanceMethod<&NativeModel::prefill>("prefill"),
                         InstanceMethod<&NativeModel::pass_milliseconds>("passMilliseconds"),
                         InstanceMethod<&NativeModel::logits>("logits"),
                         InstanceMethod<&NativeModel::take_statistics>("takeStatistics"),
                         InstanceMethod<&NativeModel::take_trace>("takeTrace"),
                         InstanceMethod<&NativeModel::cancel>("cancel"),
                         InstanceMethod<&NativeModel::dispose>("dispose"),
                         InstanceMethod<&NativeModel::release>("release"),
                     });
}

Napi::Value NativeModel::wrap(Napi::Env env, std::shared_ptr<ModelThread> thread) {
  return Environment::of(env).model_class().New(
      {Napi::External<std::shared_ptr<ModelThread>>::New(env, &thread)});
}

NativeModel::NativeModel(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  if (!info[0].IsExternal()) {
    throw Napi::TypeError::New(info.Env(), "NativeModel cannot be constructed: call loadModel()");
  }
  thread_ = std::move(*info[0].As<Napi::External<std::shared_ptr<ModelThread>>>().Data());
  description_ = thread_->opened->model.decoder->describe();
}

MakeResult NativeModel::describing(const ModelThread& thread, MakeResult make_result) {
  return [description = thread.opened->model.decoder->describe(), make_result = std::move(make_result)](
             Napi::Env env, PendingCall& call) {
    Unwrap(call.model.Value())->description_ = description;
    return make_result(env, call);
  };
}

Napi::Value NativeModel::describe(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    const OpenedModel& own = opened();
    return from_description(info.Env(), own.model, description_, own.session.most_together());
  });
}

Napi::Value NativeModel::tokenize(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    const bool parse_special = info[1].ToBoolean();
    return from_integers(info.Env(), opened().model.vocabulary.tokenize(to_text(info[0]), parse_special));
  });
}

Napi::Value NativeModel::tokenize_healed(const Napi::CallbackInfo& info) {
  return guard(info.Env(),
               [&] { return from_healed(info.Env(), heal(opened().model.vocabulary, to_text(info[0]))); });
}

Napi::Value NativeModel::detokenize(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    return Napi::String::New(info.Env(), opened().model.vocabulary.detokenize(to_tokens(info[0])));
  });
}

Napi::Value NativeModel::generate(const Napi::CallbackInfo& info) {
  return guard_promise(info.Env(), [&] {
    PendingCall call = new_call(info);
    call.callback = Napi::Persistent(to_function(info[2], "onText"));
    Environment& environment = Environment::of(info.Env());
    return environment.start(
        std::move(call),
        [prompt = to_tokens(info[0]), options = to_generate_options(info[1]), thread = thread_.get(),
         &environment](CallId id, const CancelFlag& cancel) -> MakeResult {
          const TextSink on_text = [&](std::string_view text) {
            environment.notify(
                id, [text = std::string(text)](Napi::Env env) { return Napi::String::New(env, text); });
          };
          Session& session = thread->opened->session;
          auto generation = session.generate(prompt, options, on_text, cancel);
          auto make_result = [generation = std::move(generation), held = session.held()](Napi::Env env,
                                                                                         PendingCall&) {
            return from_generation(env, generation, held);
          };
          return describing(*thread, std::move(make_result));
        });
  });
}

Napi::Value NativeModel::generate_together(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    PendingCall call = new_call(info);
    call.callback = Napi::Persistent(to_function(info[2], "onText"));
    const std::shared_ptr<CancelFlag> cancel = call.cancel;
    const Napi::Promise promise = call.deferred.Promise();
    Batch::Request request;
    request.prompt = to_tokens(info[0]);
    request.options = to_generate_options(info[1]);
    request.cancel = cancel;
    Environment& environment = Environment::of(info.Env());
    const CallId id = environment.enlist(std::move(call));
    request.on_text = [&environment, id](std::string_view text) {
      environment.notify(id,
                         [text = std::string(text)](Napi::Env env) { return Napi::String::New(env, text); });
    };
    request.on_end = [&environment, id, thread = thread_.get()](Generation generation) {
      auto make_result = [generation = std::move(generation), held = thread->opened->session.held()](
                             Napi::Env env, PendingCall&) { return from_generation(env, generation, held); };
      environment.finish(id, describing(*thread, std::move(make_result)));
    };
    request.on_failure = [&environment, id](const std::exception_ptr& failure) {
      environment.finish(id, Environment::rejecting(failure));
    };
    Batch& together = thread_->opened->session.together();
    together.add(std::move(request));
    // Whichever of these comes first goes on until nobody waits.
    thread_->worker.add([&together] { together.run(); });
    Napi::Object result = Napi::Object::New(info.Env());
    result.Set("generation", promise);
    result.Set("cancel",
               Napi::Function::New(info.Env(), [cancel](const Napi::CallbackInfo&) { cancel->store(true); }));
    return result;
  });
}

Napi::Value NativeModel::prefill(const Napi::CallbackInfo& info) {
  return guard_promise(info.Env(), [&] {
    return Environment::of(info.Env())
        .start(new_call(info),
               [prompt = to_tokens(info[0]), sequence = to_sequence(info[1]), thread = thread_.get()](
                   CallId, const CancelFlag& cancel) -> MakeResult {
                 Session& session = thread->opened->session;
                 const Prefill prefill = session.prefill(prompt, sequence, cancel);
                 auto make_result = [prefill, held = session.held()](Napi::Env env, PendingCall&) {
                   return from_prefill(env, prefill, held);
                 };
                 return describing(*thread, std::move(make_result));
               });
  });
}

Napi::Value NativeModel::pass_milliseconds(const Napi::CallbackInfo& info) {
  return guard_promise(info.Env(), [&] {
    return Environment::of(info.Env())
        .start(new_call(info),
               [prompt = to_tokens(info[0]), counts = to_tokens(info[1]),
                rounds = info[2].ToNumber().Int32Value(),
                thread = thread_.get()](CallId, const CancelFlag& cancel) -> MakeResult {
                 auto make_result =
                     [took = thread->opened->session.pass_milliseconds(prompt, counts, rounds, cancel)](
                         Napi::Env env, PendingCall&) { return from_doubles(env, took); };
                 return describing(*thread, std::move(make_result));
               });
  });
}

Napi::Value NativeModel::logits(const Napi::CallbackInfo& info) {
  return guard_promise(info.Env(), [&] {
    return Environment::of(info.Env())
        .start(
            new_call(info),
            [tokens = to_tokens(info[0]), thread = thread_.get()](CallId, const CancelFlag&) -> MakeResult {
              auto make_result = [logits = thread->opened->session.all_logits(tokens)](
                                     Napi::Env env, PendingCall&) { return from_floats(env, logits); };
              return describing(*thread, std::move(make_result));
            });
  });
}

Napi::Value NativeModel::take_statistics(const Napi::CallbackInfo& info) {
  return guard_promise(info.Env(), [&] {
    return Environment::of(info.Env())
        .start(new_call(info), [thread = thread_.get()](CallId, const CancelFlag&) -> MakeResult {
          return [statistics = thread->opened->session.take_statistics()](Napi::Env env, PendingCall&) {
            return from_statistics(env, statistics);
          };
        });
  });
}

Napi::Value NativeModel::take_trace(const Napi::CallbackInfo& info) {
  return guard_promise(info.Env(), [&] {
    return Environment::of(info.Env())
        .start(new_call(info), [thread = thread_.get()](CallId, const CancelFlag&) -> MakeResult {
          return [events = thread->opened->session.take_trace()](Napi::Env env, PendingCall&) {
            return from_trace(env, events);
          };
        });
  });
}

void NativeModel::cancel(const Napi::CallbackInfo& /*info*/) { thread_->cancel(); }

void NativeModel::dispose(const Napi::CallbackInfo& /*info*/) {
  disposed_ = true;
  thread_->dispose();
}

Napi::Value NativeModel::release(const Napi::CallbackInfo& info) {
  return guard_promise(info.Env(), [&] {
    const Napi::Promise released =
        Environment::of(info.Env())
            .start(new_call(info), [thread = thread_.get()](CallId, const CancelFlag&) -> MakeResult {
              thread->opened.reset();
              return [](Napi::Env env, PendingCall&) { return env.Undefined(); };
            });
    dispose(info);
    return released;
  });
}

const OpenedModel& NativeModel::opened() const {
  if (disposed_) throw Error(ErrorKind::kBadInput, "the model was disposed of: load it again");
  return *thread_->opened;
}

PendingCall NativeModel::new_call(const Napi::CallbackInfo& info) {
  opened();
  PendingCall call(info.Env());
  call.model = Napi::Persistent(info.This().As<Napi::Object>());
  call.model_thread = thread_;
  call.cancel = thread_->new_flag();
  return call;
}

}  // namespace hotset::addon
