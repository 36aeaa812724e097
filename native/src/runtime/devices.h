// The GPUs that ggml's backends found.
#pragma once

#include <ggml-backend.h>

#include <cstdint>
#include <string>
#include <vector>

namespace hotset {

enum class DeviceType {
  kGpu,         ///< with memory of its own
  kIntegrated,  ///< shares the main memory
  kCpu,         ///< a software renderer: as right as a GPU, and slower than our own kernels
};

struct GpuInfo {
  std::string name;         ///< ggml's, "Vulkan0" for example: what a placement names
  std::string description;  ///< the product's name
  DeviceType type = DeviceType::kGpu;
  std::uint64_t total_bytes = 0;
  std::uint64_t free_bytes = 0;
};

/// In ggml's order. Precondition: load_backends() was called.
std::vector<GpuInfo> gpus();

/// Throws Error kBadInput, naming the devices there are, where none is called `name`.
ggml_backend_dev_t find_gpu(const std::string& name);

}  // namespace hotset
