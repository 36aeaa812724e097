#include "gguf/gguf_writer.h"

#include <system_error>

#include "error.h"

namespace hotset {
namespace {

constexpr std::size_t kObjectOverhead = 64;  // ggml aligns what it allocates

}  // namespace

GgufWriter::GgufWriter(const std::string& architecture) : gguf_(gguf_init_empty()) {
  set("general.architecture", architecture);
}

void GgufWriter::set(const std::string& key, const std::string& value) {
  gguf_set_val_str(gguf_.get(), key.c_str(), value.c_str());
}

void GgufWriter::set(const std::string& key, std::uint64_t value) {
  gguf_set_val_u64(gguf_.get(), key.c_str(), value);
}

void GgufWriter::set(const std::string& key, float value) {
  gguf_set_val_f32(gguf_.get(), key.c_str(), value);
}

void GgufWriter::set(const std::string& key, std::span<const float> values) {
  gguf_set_arr_data(gguf_.get(), key.c_str(), GGUF_TYPE_FLOAT32, values.data(), values.size());
}

void GgufWriter::add(const std::string& name, ggml_type type, const std::vector<std::int64_t>& shape,
                     std::span<const float> values) {
  const auto length = static_cast<std::int64_t>(values.size());
  const std::size_t bytes = ggml_row_size(type, length) + ggml_tensor_overhead() + kObjectOverhead;
  tensors_.emplace_back(ggml_init({.mem_size = bytes, .mem_buffer = nullptr, .no_alloc = false}));
  if (!tensors_.back()) throw Error(ErrorKind::kOutOfMemory, "not enough memory for " + name);
  ggml_tensor* tensor =
      ggml_new_tensor(tensors_.back().get(), type, static_cast<int>(shape.size()), shape.data());
  ggml_set_name(tensor, name.c_str());
  ggml_quantize_chunk(type, values.data(), tensor->data, 0, length / shape[0], shape[0], nullptr);
  gguf_add_tensor(gguf_.get(), tensor);
}

void GgufWriter::write(const std::filesystem::path& path) const {
  std::filesystem::path unfinished = path;
  unfinished += ".part";
  std::error_code error;
  const bool written = gguf_write_to_file(gguf_.get(), unfinished.string().c_str(), false);
  if (written) std::filesystem::rename(unfinished, path, error);
  if (written && !error) return;
  std::filesystem::remove(unfinished, error);
  throw Error(ErrorKind::kBadInput,
              path.string() + ": cannot be written; check the folder and the free space");
}

}  // namespace hotset
