// Runs the native tests against the ready-built libraries, where the platform's package keeps them.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <string_view>

#include "runtime/backends.h"
#include "runtime/log.h"

int main(int argc, char** argv) {
  // Expected errors are logged too: only failing checks are worth reading here.
  const hotset::LogSubscription silence([](hotset::LogLevel, std::string_view) {});
  hotset::load_backends(HOTSET_LLAMA_LIBRARIES);
  return doctest::Context(argc, argv).run();
}
