#include "powerinfer_file.h"

#include <cstring>
#include <fstream>
#include <map>

#include "gguf/gguf_stream.h"
#include "gguf/mapped_file.h"
#include "gguf/model_file.h"
#include "gguf/random.h"
#include "scratch_file.h"
#include "shapes/shape_vocabulary.h"

namespace hotset::test {
namespace {

struct Tensor {
  ggml_type type;
  std::int64_t columns;
  std::int64_t rows;
  std::vector<std::byte> bytes;
};

using Tensors = std::map<std::string, Tensor>;

Tensors read_tensors(const ModelFile& model) {
  const MappedFile file(model.path);
  Tensors tensors;
  for (const auto& [name, info] : model.tensors) {
    const auto bytes = file.bytes().subspan(info.offset, info.size);
    tensors[name] = {info.type, info.shape[0], info.shape[1], {bytes.begin(), bytes.end()}};
  }
  return tensors;
}

std::vector<float> floats_of(const Tensor& tensor) {
  std::vector<float> values(static_cast<std::size_t>(tensor.columns * tensor.rows));
  if (tensor.type == GGML_TYPE_F32) {
    std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  } else {
    ggml_get_type_traits(tensor.type)
        ->to_float(tensor.bytes.data(), values.data(), static_cast<std::int64_t>(values.size()));
  }
  return values;
}

Tensor transposed(const Tensor& matrix, ggml_type type) {
  const std::vector<float> values = floats_of(matrix);
  std::vector<float> turned(values.size());
  const auto columns = static_cast<std::size_t>(matrix.columns);
  const auto rows = static_cast<std::size_t>(matrix.rows);
  for (std::size_t i = 0; i < values.size(); ++i) turned[i % columns * rows + i / columns] = values[i];
  Tensor result{type, matrix.rows, matrix.columns, {}};
  result.bytes.resize(ggml_row_size(type, matrix.rows) * columns);
  ggml_quantize_chunk(type, turned.data(), result.bytes.data(), 0, matrix.columns, matrix.rows, nullptr);
  return result;
}

Tensor random_matrix(std::int64_t columns, std::int64_t rows, std::uint64_t seed) {
  Random random(seed);
  Tensor matrix{GGML_TYPE_F16, columns, rows, {}};
  std::vector<ggml_fp16_t> values(static_cast<std::size_t>(columns * rows));
  for (ggml_fp16_t& value : values) value = ggml_fp32_to_fp16(random.next() / 16);
  matrix.bytes.resize(values.size() * sizeof(ggml_fp16_t));
  std::memcpy(matrix.bytes.data(), values.data(), matrix.bytes.size());
  return matrix;
}

void set_keys(gguf_context* keys, const ModelFile& model, const std::string& architecture) {
  const auto set = [&](const char* key, int value) {
    gguf_set_val_u32(keys, (architecture + "." + key).c_str(), static_cast<std::uint32_t>(value));
  };
  gguf_set_val_str(keys, "general.architecture", architecture.c_str());
  set("context_length", model.context_length);
  set("block_count", model.layers);
  set("embedding_length", model.embedding_length);
  set("feed_forward_length", model.feed_forward_length);
  set("attention.head_count", model.heads);
  set("attention.head_count_kv", model.kv_heads);
  set("rope.dimension_count", model.embedding_length / model.heads);
  gguf_set_val_f32(keys, (architecture + ".attention.layer_norm_rms_epsilon").c_str(), 1e-5F);
  set_shape_vocabulary(keys, model.vocabulary_size);
}

void write(GgufStream& file, const Tensors& tensors) {
  std::vector<std::size_t> numbers;
  for (const auto& [name, tensor] : tensors) {
    // Vectors have one dimension in files of either kind.
    numbers.push_back(tensor.rows == 1 ? file.plan(name, tensor.type, {tensor.columns})
                                       : file.plan(name, tensor.type, {tensor.columns, tensor.rows}));
  }
  file.begin();
  std::size_t at = 0;
  for (const auto& [name, tensor] : tensors) file.write(numbers[at++], 0, tensor.bytes);
  file.finish();
}

void write_plain(const std::filesystem::path& path, const ModelFile& model, bool drelu,
                 const Tensors& tensors) {
  GgufStream file(path);
  set_keys(file.keys(), model, "llama");
  gguf_set_val_str(file.keys(), "llama.hidden_activation", drelu ? "drelu" : "relu");
  write(file, tensors);
}

}  // namespace

void set_magic(const std::filesystem::path& path, const std::string& magic) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.write(magic.data(), 4);
}

void write_powerinfer_pair(const SyntheticModel& description, const std::string& architecture,
                           const std::filesystem::path& powerinfer, const std::filesystem::path& plain) {
  const ScratchFile source;
  write_synthetic_model(description, source.path());
  write_powerinfer_pair(ModelFile::open(source.path()), description.type, architecture, powerinfer, plain);
}

void write_powerinfer_pair(const ModelFile& model, ggml_type down_type, const std::string& architecture,
                           const std::filesystem::path& powerinfer, const std::filesystem::path& plain) {
  Tensors tensors = read_tensors(model);
  Tensors turned = tensors;
  const bool half = down_type == GGML_TYPE_F16;
  for (int layer = 0; layer < model.layers; ++layer) {
    const std::string prefix = "blk." + std::to_string(layer) + ".";
    const Tensor rows = transposed(tensors.at(prefix + "ffn_down.weight"), down_type);
    tensors[prefix + "ffn_down.weight"] = transposed(rows, half ? GGML_TYPE_F16 : GGML_TYPE_F32);
    turned.erase(prefix + "ffn_down.weight");
    turned[prefix + "ffn_down_t.weight"] = rows;
    const auto seed = static_cast<std::uint64_t>(layer);
    turned[prefix + "fc1.weight"] = random_matrix(model.embedding_length, 32, seed);
    turned[prefix + "fc2.weight"] = random_matrix(32, model.feed_forward_length, seed + 100);
  }
  write_plain(plain, model, architecture == "bamboo", tensors);
  GgufStream file(powerinfer);
  set_keys(file.keys(), model, architecture);
  gguf_set_val_f32(file.keys(), "powerinfer.sparse_threshold", 0.0F);
  write(file, turned);
  set_magic(powerinfer, "PWRI");
}

void write_gpu_index(const std::filesystem::path& path, const std::vector<std::vector<int>>& buckets,
                     int neurons) {
  GgufStream file(path);
  gguf_set_val_str(file.keys(), "general.architecture", "generic.gpu_index");
  gguf_set_val_u32(file.keys(), "generic.gpu_index.block_count", static_cast<std::uint32_t>(buckets.size()));
  gguf_set_val_u64(file.keys(), "split.vram_capacity", 1ULL << 30U);
  std::vector<std::pair<std::size_t, std::vector<int>>> planned;
  for (std::size_t layer = 0; layer < buckets.size(); ++layer) {
    const std::string prefix = "blk." + std::to_string(layer) + ".";
    std::vector<int> flags(static_cast<std::size_t>(neurons));
    for (const int neuron : buckets[layer]) flags[static_cast<std::size_t>(neuron)] = 1;
    planned.emplace_back(file.plan(prefix + "gpu_idx", GGML_TYPE_I32, {neurons}), flags);

    const auto count = static_cast<std::int64_t>(buckets[layer].size());
    planned.emplace_back(file.plan(prefix + "gpu_bucket", GGML_TYPE_I32, {count}), buckets[layer]);
  }
  file.begin();
  for (const auto& [tensor, values] : planned) file.write(tensor, 0, bytes_of(values));
  file.finish();
  set_magic(path, "PWRI");
}

}  // namespace hotset::test
