// Which neurons PowerInfer's solver put on the GPU: MODEL.generated.gpuidx.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "gguf/model_file.h"

namespace hotset {

/// `general.architecture` of such a file.
inline constexpr const char* kGpuIndexArchitecture = "generic.gpu_index";

/// Where PowerInfer leaves the file of `model`.
std::filesystem::path gpu_index_path(const ModelFile& model);

struct GpuIndex {
  std::uint64_t vram_bytes = 0;  ///< that the solver was given
  /// [layers][neurons]: whether on the GPU.
  std::vector<std::vector<bool>> on_gpu;

  /// Throws Error: kBadInput (no such file), kBadModel (no such index, of another model, or one whose two
  /// tables contradict each other).
  static GpuIndex read(const std::filesystem::path& path, const ModelFile& model);
};

}  // namespace hotset
