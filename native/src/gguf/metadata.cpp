#include "gguf/metadata.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <limits>

#include "error.h"

namespace hotset {
namespace {

// Far beyond any real header (the largest vocabularies take 20 MB); bounds what a hostile length makes ggml
// allocate.
constexpr std::uint64_t kMaxHeaderBytes = 256ULL << 20;
// ggml compares every new key and tensor name with all before it: a few thousand are real, millions would
// hang.
constexpr std::uint64_t kMaxEntries = 65536;
constexpr std::uint32_t kOldestVersion = 2;
constexpr const char* kPowerInferMagic = "PWRI";
constexpr std::uint64_t kMagicBytes = 4;

struct FileSource {
  std::ifstream stream;
  std::uint64_t position = 0;
};

std::size_t read_from(void* userdata, void* output, std::uint64_t offset, std::size_t length) {
  auto& source = *static_cast<FileSource*>(userdata);
  // ggml asks for one value at a time: a seek for each would throw the stream's buffer away each time.
  if (offset != source.position) source.stream.seekg(static_cast<std::streamoff>(offset));
  source.stream.read(static_cast<char*>(output), static_cast<std::streamsize>(length));
  const auto got = static_cast<std::size_t>(source.stream.gcount());
  source.position = offset + got;
  // ggml knows GGUF's own magic alone; check_preamble() has looked at the file's.
  auto* bytes = static_cast<char*>(output);
  for (std::uint64_t at = offset; at < std::min(kMagicBytes, source.position); ++at) {
    bytes[at - offset] = GGUF_MAGIC[at];
  }
  return got;
}

/// The fixed part in front of every GGUF: magic, version, number of tensors, number of keys (little-endian).
struct Preamble {
  std::array<char, 4> magic;
  std::uint32_t version;
  std::uint64_t tensors;
  std::uint64_t keys;
};

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what) {
  throw Error(ErrorKind::kBadModel, path.string() + ": " + what);
}

/// Returns whether the magic is PowerInfer's.
bool check_preamble(const std::filesystem::path& path, std::uint64_t size_bytes, std::ifstream& stream) {
  std::array<char, 24> bytes{};
  stream.read(bytes.data(), bytes.size());
  const auto got = static_cast<std::size_t>(stream.gcount());
  Preamble preamble{};
  std::memcpy(preamble.magic.data(), bytes.data(), 4);
  std::memcpy(&preamble.version, bytes.data() + 4, 4);
  std::memcpy(&preamble.tensors, bytes.data() + 8, 8);
  std::memcpy(&preamble.keys, bytes.data() + 16, 8);

  const bool powerinfer = std::memcmp(preamble.magic.data(), kPowerInferMagic, kMagicBytes) == 0;
  if (!powerinfer && std::memcmp(preamble.magic.data(), GGUF_MAGIC, kMagicBytes) != 0) {
    fail(path, "not a GGUF file (it does not start with \"GGUF\"); choose a model in GGUF format");
  }
  if (got < bytes.size()) {
    fail(path, "truncated: the file has " + std::to_string(size_bytes) +
                   " bytes and ends inside the GGUF header; download it again");
  }
  if (preamble.version < kOldestVersion || preamble.version > GGUF_VERSION) {
    fail(path, "unsupported GGUF version " + std::to_string(preamble.version) + " (this engine reads " +
                   std::to_string(kOldestVersion) + " to " + std::to_string(GGUF_VERSION) +
                   "); convert the model again with a current llama.cpp");
  }
  if (preamble.tensors > kMaxEntries || preamble.keys > kMaxEntries) {
    fail(path, "damaged GGUF header: it claims " + std::to_string(preamble.tensors) + " tensors and " +
                   std::to_string(preamble.keys) + " keys; download the file again");
  }
  return powerinfer;
}

}  // namespace

Metadata Metadata::read(const std::filesystem::path& path, std::uint64_t size_bytes) {
  FileSource source;
  source.stream.open(path, std::ios::binary);
  if (!source.stream)
    throw Error(ErrorKind::kBadInput, path.string() + ": cannot be read; check its permissions");
  const bool powerinfer = check_preamble(path, size_bytes, source.stream);
  source.stream.seekg(0);

  const gguf_init_params params = {.no_alloc = true, .ctx = nullptr};
  gguf_context* context =
      gguf_init_from_callback(read_from, &source, 0, std::min(size_bytes, kMaxHeaderBytes), params);
  if (context == nullptr) {
    fail(path, "damaged or truncated GGUF header near byte " + std::to_string(source.position) + " of " +
                   std::to_string(size_bytes) + "; download the file again");
  }
  return {context, powerinfer};
}

std::int64_t Metadata::find(const std::string& key) const {
  return gguf_find_key(context_.get(), key.c_str());
}

std::optional<std::uint64_t> Metadata::unsigned_integer(const std::string& key) const {
  const std::int64_t id = find(key);
  if (id < 0) return std::nullopt;
  std::int64_t value = -1;
  switch (gguf_get_kv_type(context_.get(), id)) {
    case GGUF_TYPE_UINT8:
      return gguf_get_val_u8(context_.get(), id);
    case GGUF_TYPE_UINT16:
      return gguf_get_val_u16(context_.get(), id);
    case GGUF_TYPE_UINT32:
      return gguf_get_val_u32(context_.get(), id);
    case GGUF_TYPE_UINT64:
      return gguf_get_val_u64(context_.get(), id);
    case GGUF_TYPE_INT8:
      value = static_cast<int>(gguf_get_val_i8(context_.get(), id));
      break;
    case GGUF_TYPE_INT16:
      value = gguf_get_val_i16(context_.get(), id);
      break;
    case GGUF_TYPE_INT32:
      value = gguf_get_val_i32(context_.get(), id);
      break;
    case GGUF_TYPE_INT64:
      value = gguf_get_val_i64(context_.get(), id);
      break;
    default:
      break;
  }
  if (value < 0) return std::nullopt;
  return static_cast<std::uint64_t>(value);
}

std::optional<double> Metadata::real(const std::string& key) const {
  const std::int64_t id = find(key);
  if (id < 0) return std::nullopt;
  switch (gguf_get_kv_type(context_.get(), id)) {
    case GGUF_TYPE_FLOAT32:
      return gguf_get_val_f32(context_.get(), id);
    case GGUF_TYPE_FLOAT64:
      return gguf_get_val_f64(context_.get(), id);
    default:
      return std::nullopt;
  }
}

std::optional<bool> Metadata::boolean(const std::string& key) const {
  const std::int64_t id = find(key);
  if (id < 0 || gguf_get_kv_type(context_.get(), id) != GGUF_TYPE_BOOL) return std::nullopt;
  return gguf_get_val_bool(context_.get(), id);
}

std::optional<std::string> Metadata::text(const std::string& key) const {
  const std::int64_t id = find(key);
  if (id < 0 || gguf_get_kv_type(context_.get(), id) != GGUF_TYPE_STRING) return std::nullopt;
  return gguf_get_val_str(context_.get(), id);
}

bool Metadata::is_array(const std::string& key) const {
  const std::int64_t id = find(key);
  return id >= 0 && gguf_get_kv_type(context_.get(), id) == GGUF_TYPE_ARRAY;
}

std::size_t Metadata::array_length(const std::string& key) const {
  return is_array(key) ? gguf_get_arr_n(context_.get(), find(key)) : 0;
}

std::vector<float> Metadata::reals(const std::string& key) const {
  if (!is_array(key) || gguf_get_arr_type(context_.get(), find(key)) != GGUF_TYPE_FLOAT32) return {};
  const auto* values = static_cast<const float*>(gguf_get_arr_data(context_.get(), find(key)));
  return {values, values + array_length(key)};
}

std::optional<std::uint64_t> Metadata::uniform_unsigned(const std::string& key) const {
  if (!is_array(key)) return unsigned_integer(key);
  const std::int64_t id = find(key);
  const gguf_type type = gguf_get_arr_type(context_.get(), id);
  const std::size_t count = gguf_get_arr_n(context_.get(), id);
  if (count == 0 || (type != GGUF_TYPE_INT32 && type != GGUF_TYPE_UINT32)) return std::nullopt;
  const auto* values = static_cast<const std::int32_t*>(gguf_get_arr_data(context_.get(), id));
  if (!std::all_of(values, values + count, [&](std::int32_t value) { return value == values[0]; })) {
    return std::nullopt;
  }
  if (values[0] < 0) return std::nullopt;
  return static_cast<std::uint64_t>(values[0]);
}

}  // namespace hotset
