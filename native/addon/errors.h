// Errors on their way to JavaScript.
#pragma once

#include <napi.h>

#include <functional>

namespace hotset::addon {

/// The exception that is being handled, as a JavaScript error with a one-line message and a `code`. Only
/// inside a catch.
Napi::Error current_exception_to_error(Napi::Env env);

/// Runs the body of a call from JavaScript: only JavaScript errors leave it.
Napi::Value guard(Napi::Env env, const std::function<Napi::Value()>& body);

/// The same for a call that returns a promise: what is thrown rejects it.
Napi::Value guard_promise(Napi::Env env, const std::function<Napi::Promise()>& body);

}  // namespace hotset::addon
