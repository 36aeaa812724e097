#include "runtime/devices.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "error.h"

namespace hotset {
namespace {

bool is_gpu(ggml_backend_dev_t device) {
  const auto type = ggml_backend_dev_type(device);
  return type == GGML_BACKEND_DEVICE_TYPE_GPU || type == GGML_BACKEND_DEVICE_TYPE_IGPU;
}

std::vector<ggml_backend_dev_t> gpu_devices() {
  std::vector<ggml_backend_dev_t> devices;
  for (std::size_t i = 0; i < ggml_backend_dev_count(); ++i) {
    ggml_backend_dev_t device = ggml_backend_dev_get(i);
    if (is_gpu(device)) devices.push_back(device);
  }
  return devices;
}

/// ggml's Vulkan backend calls a renderer in software a GPU too.
bool is_software(std::string_view description) {
  constexpr std::array kRenderers = {std::string_view("llvmpipe"), std::string_view("SwiftShader"),
                                     std::string_view("Microsoft Basic Render")};
  return std::any_of(kRenderers.begin(), kRenderers.end(), [&](std::string_view renderer) {
    return description.find(renderer) != std::string_view::npos;
  });
}

GpuInfo describe(ggml_backend_dev_t device) {
  GpuInfo info{.name = ggml_backend_dev_name(device), .description = ggml_backend_dev_description(device)};
  if (ggml_backend_dev_type(device) == GGML_BACKEND_DEVICE_TYPE_IGPU) info.type = DeviceType::kIntegrated;
  if (is_software(info.description)) info.type = DeviceType::kCpu;
  std::size_t free = 0;
  std::size_t total = 0;
  ggml_backend_dev_memory(device, &free, &total);
  info.free_bytes = free;
  info.total_bytes = total;
  return info;
}

}  // namespace

std::vector<GpuInfo> gpus() {
  std::vector<GpuInfo> infos;
  for (ggml_backend_dev_t device : gpu_devices()) infos.push_back(describe(device));
  return infos;
}

ggml_backend_dev_t find_gpu(const std::string& name) {
  std::string known;
  for (ggml_backend_dev_t device : gpu_devices()) {
    if (name == ggml_backend_dev_name(device)) return device;
    known += (known.empty() ? "" : ", ") + std::string(ggml_backend_dev_name(device));
  }
  throw Error(ErrorKind::kBadInput,
              "there is no GPU called \"" + name + "\"; " +
                  (known.empty() ? "ggml finds none on this machine: place nothing there"
                                 : "choose one of " + known));
}

}  // namespace hotset
