// How fast a GPU and the CPU read weights: what a placement's expected times are made of.
#pragma once

#include <ggml-backend.h>

namespace hotset {

struct DeviceRates {
  double gpu_bytes_per_second = 0.0;  ///< weights read by a product with one token
  double cpu_bytes_per_second = 0.0;  ///< the same on the CPU
  double sync_seconds = 0.0;          ///< a small result fetched from the GPU, and an input sent there
};

/// Takes about a second, and a quarter of a GiB on both devices while it lasts.
/// Throws Error: kBadInput where the device cannot be used, kOutOfMemory. Precondition: load_backends() was
/// called.
DeviceRates measure_device(ggml_backend_dev_t gpu, int threads);

}  // namespace hotset
