// Models and predictors for the tests of sparse modes.
#pragma once

#include <doctest/doctest.h>
#include <ggml.h>
#include <gguf.h>

#include <cstring>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "decoding.h"
#include "gguf/mapped_file.h"
#include "gguf/synthetic_model.h"

namespace hotset::test {

inline SyntheticModel sparse_model(Activation activation, ggml_type type) {
  SyntheticModel description;
  description.activation = activation;
  description.layers = 4;
  description.embedding_length = 256;
  description.feed_forward_length = 768;
  description.vocabulary_size = 512;
  description.context_length = 2048;
  description.type = type;
  return description;
}

/// Tokens of such a model.
inline std::vector<Token> some_tokens(int count) {
  std::vector<Token> tokens;
  tokens.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) tokens.push_back((i * i * 7 + 3) % 512);
  return tokens;
}

/// Collects tensors of F32 and keys, and writes them as a GGUF.
class TensorFile {
 public:
  explicit TensorFile(const char* architecture)
      : tensors_(ggml_init({.mem_size = std::size_t{64} << 20U, .mem_buffer = nullptr, .no_alloc = false})),
        file_(gguf_init_empty()) {
    gguf_set_val_str(file_, "general.architecture", architecture);
  }
  TensorFile(const TensorFile&) = delete;
  TensorFile& operator=(const TensorFile&) = delete;
  ~TensorFile() {
    gguf_free(file_);
    ggml_free(tensors_);
    for (ggml_context* context : read_) ggml_free(context);
  }

  gguf_context* keys() { return file_; }

  /// value(column, row)
  void add(const std::string& name, int columns, int rows, const std::function<float(int, int)>& value) {
    ggml_tensor* tensor = ggml_new_tensor_2d(tensors_, GGML_TYPE_F32, columns, rows);
    ggml_set_name(tensor, name.c_str());
    auto* target = static_cast<float*>(tensor->data);
    for (int row = 0; row < rows; ++row) {
      for (int column = 0; column < columns; ++column) *target++ = value(column, row);
    }
    gguf_add_tensor(file_, tensor);
  }

  /// The keys and tensors of a GGUF.
  void add_all(const std::filesystem::path& path) {
    ggml_context* context = nullptr;
    gguf_context* file = gguf_init_from_file(path.string().c_str(), {.no_alloc = false, .ctx = &context});
    REQUIRE(file != nullptr);
    read_.push_back(context);
    gguf_set_kv(file_, file);
    for (std::int64_t i = 0; i < gguf_get_n_tensors(file); ++i) {
      gguf_add_tensor(file_, ggml_get_tensor(context, gguf_get_tensor_name(file, i)));
    }
    gguf_free(file);
  }

  void write(const std::filesystem::path& path) {
    REQUIRE(gguf_write_to_file(file_, path.string().c_str(), false));
  }

 private:
  ggml_context* tensors_;
  std::vector<ggml_context*> read_;
  gguf_context* file_;
};

/// A matrix of a model, as floats.
inline std::vector<float> matrix(const ModelFile& model, const std::string& name) {
  const TensorInfo& info = model.tensors.at(name);
  const MappedFile file(model.path);
  std::vector<float> values(static_cast<std::size_t>(info.shape[0] * info.shape[1]));
  const std::byte* bytes = file.bytes().data() + info.offset;
  if (info.type == GGML_TYPE_F32) {
    std::memcpy(values.data(), bytes, info.size);
  } else {
    ggml_get_type_traits(info.type)->to_float(bytes, values.data(), static_cast<std::int64_t>(values.size()));
  }
  return values;
}

/// Predictors whose logits are the gates themselves: relu(x) - relu(-x) = x, so fc1 = [I, -I] and
/// fc2 = [G, -G].
inline void add_gates_as_predictors(TensorFile& file, const ModelFile& model) {
  const int width = model.embedding_length;
  for (int layer = 0; layer < model.layers; ++layer) {
    const std::string prefix = "blk." + std::to_string(layer) + ".";
    const std::vector<float> gates = matrix(model, prefix + "ffn_gate.weight");
    file.add(prefix + "fc1.weight", width, 2 * width, [&](int column, int row) {
      if (row % width != column) return 0.0F;
      return row < width ? 1.0F : -1.0F;
    });
    file.add(prefix + "fc2.weight", 2 * width, model.feed_forward_length, [&](int column, int row) {
      const int index = row * width + column % width;
      const float gate = gates[static_cast<std::size_t>(index)];
      return column < width ? gate : -gate;
    });
  }
}

}  // namespace hotset::test
