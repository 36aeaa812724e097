// Writes profiles for tests, and places θ in them.
#pragma once

#include <doctest/doctest.h>
#include <ggml.h>
#include <gguf.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "neurons/profile.h"

namespace hotset::test {

/// frequencies: [layers][neurons]
inline void write_profile(const std::filesystem::path& path,
                          const std::vector<std::vector<float>>& frequencies,
                          const char* architecture = "hotset.profile") {
  std::size_t bytes = 0;
  for (const auto& layer : frequencies) bytes += ggml_tensor_overhead() + layer.size() * sizeof(float) + 64;
  ggml_context* tensors = ggml_init({.mem_size = bytes, .mem_buffer = nullptr, .no_alloc = false});
  gguf_context* file = gguf_init_empty();
  gguf_set_val_str(file, "general.architecture", architecture);
  gguf_set_val_str(file, "hotset.profile.corpus", "a corpus");
  gguf_set_val_u64(file, "hotset.profile.tokens", 1234);
  gguf_set_val_str(file, "hotset.profile.model_sha256", "abcd");
  gguf_set_val_f32(file, "hotset.profile.threshold", 0.0F);
  for (std::size_t i = 0; i < frequencies.size(); ++i) {
    ggml_tensor* tensor =
        ggml_new_tensor_1d(tensors, GGML_TYPE_F32, static_cast<std::int64_t>(frequencies[i].size()));
    ggml_set_name(tensor, ("blk." + std::to_string(i) + ".activation_frequency").c_str());
    std::memcpy(tensor->data, frequencies[i].data(), ggml_nbytes(tensor));
    gguf_add_tensor(file, tensor);
  }
  REQUIRE(gguf_write_to_file(file, path.string().c_str(), false));
  gguf_free(file);
  ggml_free(tensors);
}

/// θ that makes about `share` of all neurons hot.
inline double threshold_for(const Profile& profile, double share) {
  std::vector<float> all;
  for (const auto& layer : profile.frequencies) all.insert(all.end(), layer.begin(), layer.end());
  std::sort(all.begin(), all.end(), std::greater<>());
  return all[static_cast<std::size_t>(share * static_cast<double>(all.size()))];
}

}  // namespace hotset::test
