// The one exception type of the engine: a kind the caller can act on and one line a person can act on.
#pragma once

#include <stdexcept>
#include <string>

namespace hotset {

enum class ErrorKind {
  kBadInput,     ///< a path, option or parameter is wrong
  kBadModel,     ///< the file is no model that the engine can run
  kOutOfMemory,  ///< the model or its cache does not fit
  kInternal,     ///< ggml, llama.cpp or a device failed
};

/// `what()` is one line, without a trailing full stop, that says what is wrong and what to do about it.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const { return kind_; }

 private:
  ErrorKind kind_;
};

}  // namespace hotset
