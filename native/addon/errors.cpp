#include "errors.h"

#include <new>
#include <string>

#include "error.h"

namespace hotset::addon {
namespace {

const char* code_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kBadInput:
      return "BAD_INPUT";
    case ErrorKind::kBadModel:
      return "BAD_MODEL";
    case ErrorKind::kOutOfMemory:
      return "OUT_OF_MEMORY";
    case ErrorKind::kInternal:
      return "INTERNAL";
  }
  return "";
}

Napi::Error to_error(Napi::Env env, ErrorKind kind, const std::string& message) {
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("code", Napi::String::New(env, code_of(kind)));
  return error;
}

}  // namespace

Napi::Error current_exception_to_error(Napi::Env env) {
  try {
    throw;
  } catch (const Napi::Error& error) {
    return error;
  } catch (const Error& error) {
    return to_error(env, error.kind(), error.what());
  } catch (const std::bad_alloc&) {
    return to_error(env, ErrorKind::kOutOfMemory, "memory ran out: choose a smaller model or context");
  } catch (const std::exception& error) {
    return to_error(env, ErrorKind::kInternal, error.what());
  }
}

Napi::Value guard(Napi::Env env, const std::function<Napi::Value()>& body) {
  try {
    return body();
  } catch (...) {
    throw current_exception_to_error(env);
  }
}

Napi::Value guard_promise(Napi::Env env, const std::function<Napi::Promise()>& body) {
  try {
    return body();
  } catch (...) {
    const auto deferred = Napi::Promise::Deferred::New(env);
    deferred.Reject(current_exception_to_error(env).Value());
    return deferred.Promise();
  }
}

}  // namespace hotset::addon
