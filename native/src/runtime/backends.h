// ggml's backends. They are shared libraries opened at run time, the CPU's among them, so its own functions
// can't be linked: they are asked for by name.
#pragma once

#include <ggml-backend.h>
#include <ggml-cpu.h>

#include <filesystem>

namespace hotset {

/// Opens every backend in `folder` that this machine can run, once per process; later calls do nothing.
/// Throws Error kInternal where `folder` holds no CPU backend for this processor.
void load_backends(const std::filesystem::path& folder);

/// The CPU backend's functions beyond ggml-backend.h; each has the signature ggml-cpu.h declares.
struct CpuBackend {
  ggml_backend_dev_t device = nullptr;
  ggml_backend_set_n_threads_t set_n_threads = nullptr;
  ggml_backend_set_abort_callback_t set_abort_callback = nullptr;
  decltype(&ggml_backend_cpu_set_threadpool) set_threadpool = nullptr;
  decltype(&ggml_threadpool_new) threadpool_new = nullptr;
  decltype(&ggml_threadpool_free) threadpool_free = nullptr;
};

/// Throws Error kInternal before load_backends().
const CpuBackend& cpu_backend();

}  // namespace hotset
