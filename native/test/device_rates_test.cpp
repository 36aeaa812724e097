#include "hybrid/placement/device_rates.h"

#include <doctest/doctest.h>

TEST_CASE("measured rates are positive and finite") {
  ggml_backend_dev_t gpu = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_GPU);
  REQUIRE_MESSAGE(
      gpu != nullptr,
      "no GPU: install mesa-vulkan-drivers and set GGML_VK_VISIBLE_DEVICES=0, as npm run test:native does");
  const hotset::DeviceRates rates = hotset::measure_device(gpu, 2);
  // No machine reads less than 10 MB or more than 100 TB a second, or waits longer than a tenth of one.
  CHECK(rates.gpu_bytes_per_second > 1e7);
  CHECK(rates.gpu_bytes_per_second < 1e14);
  CHECK(rates.cpu_bytes_per_second > 1e7);
  CHECK(rates.cpu_bytes_per_second < 1e14);
  CHECK(rates.sync_seconds > 0.0);
  CHECK(rates.sync_seconds < 0.1);
}
