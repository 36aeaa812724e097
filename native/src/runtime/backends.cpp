#include "runtime/backends.h"

#include <llama.h>

#include <mutex>
#include <optional>

#include "error.h"

namespace hotset {
namespace {

std::mutex loading;
std::optional<CpuBackend> loaded;

template <typename Function>
Function find_function(ggml_backend_reg_t backend, const char* name) {
  void* found = ggml_backend_reg_get_proc_address(backend, name);
  if (found == nullptr) throw Error(ErrorKind::kInternal, std::string("ggml's CPU backend has no ") + name);
  return reinterpret_cast<Function>(found);
}

CpuBackend find_cpu_backend(const std::filesystem::path& folder) {
  CpuBackend cpu;
  cpu.device = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
  if (cpu.device == nullptr) {
    throw Error(
        ErrorKind::kInternal,
        folder.string() + " holds no CPU backend of ggml that this processor can run: reinstall Hotset");
  }
  ggml_backend_reg_t reg = ggml_backend_dev_backend_reg(cpu.device);
  cpu.set_n_threads = find_function<decltype(cpu.set_n_threads)>(reg, "ggml_backend_set_n_threads");
  cpu.set_abort_callback =
      find_function<decltype(cpu.set_abort_callback)>(reg, "ggml_backend_set_abort_callback");
  cpu.set_threadpool = find_function<decltype(cpu.set_threadpool)>(reg, "ggml_backend_cpu_set_threadpool");
  cpu.threadpool_new = find_function<decltype(cpu.threadpool_new)>(reg, "ggml_threadpool_new");
  cpu.threadpool_free = find_function<decltype(cpu.threadpool_free)>(reg, "ggml_threadpool_free");
  return cpu;
}

}  // namespace

void load_backends(const std::filesystem::path& folder) {
  const std::lock_guard lock(loading);
  if (loaded) return;
  // Loading twice would register every device twice.
  if (ggml_backend_reg_count() == 0) {
    const std::u8string name = folder.u8string();
    ggml_backend_load_all_from_path(reinterpret_cast<const char*>(name.c_str()));
    llama_backend_init();
  }
  loaded = find_cpu_backend(folder);
}

const CpuBackend& cpu_backend() {
  const std::lock_guard lock(loading);
  if (!loaded) throw Error(ErrorKind::kInternal, "ggml's backends are not loaded: call initialise() first");
  return *loaded;
}

}  // namespace hotset
