// The GPU as the executor sees it: a queue that computes graphs and copies tensors in order, while the CPU
// does something else.
#pragma once

#include <ggml-backend.h>

#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>

#include "runtime/handles.h"

namespace hotset {

/// A GPU that cannot do, or no longer does, what it is asked: the CPU can. `what()` says why, as the rest of
/// a sentence.
class GpuError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Every operation throws GpuError; after that the device counts as lost. Its virtual functions are where
/// tests let it fail.
class Gpu {
 public:
  using Clock = std::chrono::steady_clock;

  /// Throws GpuError where the device does not start.
  explicit Gpu(ggml_backend_dev_t device);
  virtual ~Gpu();
  Gpu(const Gpu&) = delete;
  Gpu& operator=(const Gpu&) = delete;

  ggml_backend_dev_t device() const { return device_; }
  std::string name() const { return ggml_backend_dev_name(device_); }
  ggml_backend_buffer_type_t memory() const { return ggml_backend_dev_buffer_type(device_); }
  /// Main memory that the device copies from and to by itself.
  ggml_backend_buffer_type_t host_memory() const;

  /// Each returns at once. Sources and targets in main memory must stay as they are until wait().
  virtual void launch(ggml_cgraph* graph);
  virtual void upload(const void* from, ggml_tensor* to, std::size_t bytes);
  virtual void download(const ggml_tensor* from, void* to, std::size_t bytes);

  /// Until everything asked for is done.
  virtual void wait();

  /// As wait(), for a device that may be lost: before memory is freed that it may still be using.
  void abandon() noexcept;

  /// When everything launched so far is done, for a trace. The GPU must be left alone until the future is
  /// ready; not valid where the backend has no events.
  std::future<Clock::time_point> completion();

 private:
  struct FreeEvent {
    void operator()(ggml_backend_event* event) const { ggml_backend_event_free(event); }
  };

  template <typename Operation>
  void guard(Operation operation);

  ggml_backend_dev_t device_;
  BackendHandle backend_;
  std::unique_ptr<ggml_backend_event, FreeEvent> event_;
};

}  // namespace hotset
