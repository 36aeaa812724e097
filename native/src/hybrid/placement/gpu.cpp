#include "hybrid/placement/gpu.h"

#include "runtime/buffer_types.h"

namespace hotset {

/// ggml's Vulkan backend throws; others return a status.
template <typename Operation>
void Gpu::guard(Operation operation) {
  try {
    operation();
  } catch (const std::exception& error) {
    // Freeing the backend would wait for a device that no longer answers.
    static_cast<void>(backend_.release());
    throw GpuError(error.what());
  }
}

Gpu::Gpu(ggml_backend_dev_t device) : device_(device) {
  guard([&] { backend_.reset(ggml_backend_dev_init(device, nullptr)); });
  if (!backend_) throw GpuError("it does not start");
}

Gpu::~Gpu() = default;

ggml_backend_buffer_type_t Gpu::host_memory() const {
  ggml_backend_buffer_type_t type = ggml_backend_dev_host_buffer_type(device_);
  return type == nullptr ? plain_buffer_type() : type;
}

void Gpu::launch(ggml_cgraph* graph) {
  guard([&] {
    const ggml_status status = ggml_backend_graph_compute_async(backend_.get(), graph);
    if (status != GGML_STATUS_SUCCESS) throw GpuError(ggml_status_to_string(status));
  });
}

void Gpu::upload(const void* from, ggml_tensor* to, std::size_t bytes) {
  guard([&] { ggml_backend_tensor_set_async(backend_.get(), to, from, 0, bytes); });
}

void Gpu::download(const ggml_tensor* from, void* to, std::size_t bytes) {
  guard([&] { ggml_backend_tensor_get_async(backend_.get(), from, to, 0, bytes); });
}

void Gpu::wait() {
  guard([&] { ggml_backend_synchronize(backend_.get()); });
}

void Gpu::abandon() noexcept {
  if (!backend_) return;
  try {
    wait();
  } catch (const GpuError&) {
    // Lost: it uses nothing any more.
    return;
  }
}

std::future<Gpu::Clock::time_point> Gpu::completion() {
  if (!event_) event_.reset(ggml_backend_event_new(device_));
  if (!event_) return {};
  guard([&] { ggml_backend_event_record(event_.get(), backend_.get()); });
  return std::async(std::launch::async, [event = event_.get()] {
    ggml_backend_event_synchronize(event);
    return Clock::now();
  });
}

}  // namespace hotset
