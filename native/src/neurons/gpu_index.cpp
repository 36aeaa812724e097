#include "neurons/gpu_index.h"

#include <fstream>
#include <string>

#include "error.h"
#include "gguf/metadata.h"

namespace hotset {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what) {
  throw Error(ErrorKind::kBadModel,
              path.string() + ": " + what + "; delete it, or let PowerInfer make it again");
}

class TableReader {
 public:
  explicit TableReader(const ModelFile& file) : file_(file), stream_(file.path, std::ios::binary) {}

  /// Empty where there is no such table: a layer without neurons on the GPU has no bucket.
  std::vector<std::int32_t> read(const std::string& name, std::size_t longest) {
    const auto found = file_.tensors.find(name);
    if (found == file_.tensors.end()) return {};
    const TensorInfo& info = found->second;
    const std::size_t length = info.size / sizeof(std::int32_t);
    if (info.type != GGML_TYPE_I32 || length > longest) {
      fail(file_.path, name + " holds no neurons of this model");
    }
    std::vector<std::int32_t> values(length);
    stream_.seekg(static_cast<std::streamoff>(info.offset));
    stream_.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(info.size));
    if (!stream_) fail(file_.path, name + " cannot be read");
    return values;
  }

 private:
  const ModelFile& file_;
  std::ifstream stream_;
};

std::vector<bool> read_layer(TableReader& reader, const ModelFile& file, int layer, std::size_t neurons) {
  const std::string prefix = "blk." + std::to_string(layer) + ".";
  const std::vector<std::int32_t> flags = reader.read(prefix + "gpu_idx", neurons);
  if (flags.size() != neurons) {
    fail(file.path,
         "is of another model (" + prefix + "gpu_idx does not hold " + std::to_string(neurons) + " neurons)");
  }
  std::vector<bool> on_gpu;
  std::vector<std::int32_t> expected;  // what the bucket says in other words
  on_gpu.reserve(neurons);
  for (const std::int32_t flag : flags) {
    if (flag != 0 && flag != 1) fail(file.path, prefix + "gpu_idx holds something else than 0 and 1");
    if (flag == 1) expected.push_back(static_cast<std::int32_t>(on_gpu.size()));
    on_gpu.push_back(flag == 1);
  }
  if (reader.read(prefix + "gpu_bucket", neurons) != expected) {
    fail(file.path, prefix + "gpu_idx and gpu_bucket name different neurons");
  }
  return on_gpu;
}

}  // namespace

std::filesystem::path gpu_index_path(const ModelFile& model) {
  std::filesystem::path path = model.path;
  path += ".generated.gpuidx";
  return path;
}

GpuIndex GpuIndex::read(const std::filesystem::path& path, const ModelFile& model) {
  const ModelFile file = ModelFile::open_tensors(path);
  if (file.architecture != kGpuIndexArchitecture) {
    fail(path, "is no GPU index (its architecture is \"" + file.architecture + "\")");
  }
  const Metadata metadata = Metadata::read(path, file.size_bytes);
  const auto layers = metadata.unsigned_integer("generic.gpu_index.block_count");
  if (layers != static_cast<std::uint64_t>(model.layers)) {
    fail(path, "is of another model (it does not have " + std::to_string(model.layers) + " layers)");
  }
  GpuIndex index;
  index.vram_bytes = metadata.unsigned_integer("split.vram_capacity").value_or(0);
  TableReader reader(file);
  for (int layer = 0; layer < model.layers; ++layer) {
    index.on_gpu.push_back(
        read_layer(reader, file, layer, static_cast<std::size_t>(model.feed_forward_length)));
  }
  return index;
}

}  // namespace hotset
