#include "gguf_image.h"

#include <algorithm>
#include <cstring>
#include <sstream>

#include "ggml.h"
#include "gguf/fingerprint.h"

namespace hotset::fuzz {
namespace {

/// Of a tensor that fuzzing lays out.
constexpr std::uint64_t kLargest = 1U << 16U;
constexpr std::uint32_t kMostDimensions = 8;

/// Reads little-endian numbers and texts; at the first that does not fit it stays broken.
class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> bytes) : left_(bytes), size_(bytes.size()) {}

  bool broken() const { return broken_; }
  std::size_t position() const { return size_ - left_.size(); }
  std::span<const std::uint8_t> left() const { return left_; }

  template <typename T>
  T number() {
    T value{};
    const auto bytes = take(sizeof(T));
    if (bytes.size() == sizeof(T)) std::memcpy(&value, bytes.data(), sizeof(T));
    return value;
  }

  std::span<const std::uint8_t> take(std::uint64_t count) {
    if (broken_ || count > left_.size()) {
      broken_ = true;
      return {};
    }
    const auto bytes = left_.first(count);
    left_ = left_.subspan(count);
    return bytes;
  }

  std::string text() {
    const auto bytes = take(number<std::uint64_t>());
    return {bytes.begin(), bytes.end()};
  }

 private:
  std::span<const std::uint8_t> left_;
  std::size_t size_;
  bool broken_ = false;
};

class Writer {
 public:
  explicit Writer(Bytes& bytes) : bytes_(bytes) {}

  template <typename T>
  void number(T value) {
    const auto* first = reinterpret_cast<const std::uint8_t*>(&value);
    bytes_.insert(bytes_.end(), first, first + sizeof(T));
  }

  void text(const std::string& text) {
    number<std::uint64_t>(text.size());
    bytes_.insert(bytes_.end(), text.begin(), text.end());
  }

 private:
  Bytes& bytes_;
};

/// 0 for texts, arrays and what there is not.
std::size_t scalar_bytes(std::uint32_t type) {
  switch (type) {
    case GGUF_TYPE_UINT8:
    case GGUF_TYPE_INT8:
    case GGUF_TYPE_BOOL:
      return 1;
    case GGUF_TYPE_UINT16:
    case GGUF_TYPE_INT16:
      return 2;
    case GGUF_TYPE_UINT32:
    case GGUF_TYPE_INT32:
    case GGUF_TYPE_FLOAT32:
      return 4;
    case GGUF_TYPE_UINT64:
    case GGUF_TYPE_INT64:
    case GGUF_TYPE_FLOAT64:
      return 8;
    default:
      return 0;
  }
}

void skip_value(Reader& reader, std::uint32_t type) {
  if (type == GGUF_TYPE_STRING) {
    reader.take(reader.number<std::uint64_t>());
    return;
  }
  if (type != GGUF_TYPE_ARRAY) {
    reader.take(scalar_bytes(type));
    return;
  }
  const auto element = reader.number<std::uint32_t>();
  const auto count = reader.number<std::uint64_t>();
  if (element == GGUF_TYPE_STRING) {
    for (std::uint64_t i = 0; i < count && !reader.broken(); ++i) reader.take(reader.number<std::uint64_t>());
    return;
  }
  const std::size_t size = scalar_bytes(element);
  reader.take(count > reader.left().size() ? reader.left().size() + 1 : size * count);
}

GgufKey read_key(Reader& reader) {
  GgufKey key;
  key.name = reader.text();
  key.type = reader.number<std::uint32_t>();
  const auto value = reader.left();
  const std::size_t begin = reader.position();
  skip_value(reader, key.type);
  const auto own = value.first(reader.position() - begin);
  key.value.assign(own.begin(), own.end());
  return key;
}

GgufTensor read_tensor(Reader& reader) {
  GgufTensor tensor;
  tensor.name = reader.text();
  const auto dimensions = reader.number<std::uint32_t>();
  for (std::uint32_t i = 0; i < std::min(dimensions, kMostDimensions); ++i) {
    tensor.shape.push_back(reader.number<std::uint64_t>());
  }
  tensor.type = reader.number<std::uint32_t>();
  tensor.offset = reader.number<std::uint64_t>();
  return tensor;
}

std::size_t padded(std::size_t size) { return GGML_PAD(size, GGUF_DEFAULT_ALIGNMENT); }

std::optional<std::uint64_t> tensor_bytes(const GgufTensor& tensor) {
  if (tensor.type >= GGML_TYPE_COUNT || tensor.shape.empty()) return std::nullopt;
  const auto type = static_cast<ggml_type>(tensor.type);
  const std::int64_t block = ggml_blck_size(type);
  if (block == 0 || ggml_type_size(type) == 0) return std::nullopt;
  std::uint64_t rows = 1;
  for (const std::uint64_t extent : tensor.shape) {
    if (extent == 0 || extent > kLargest) return std::nullopt;
    rows *= extent;
    if (rows > kLargest * 8) return std::nullopt;
  }
  const std::uint64_t bytes = rows / static_cast<std::uint64_t>(block) * ggml_type_size(type);
  return bytes > kLargest ? std::nullopt : std::optional(bytes);
}

}  // namespace

std::optional<GgufImage> GgufImage::parse(std::span<const std::uint8_t> bytes) {
  Reader reader(bytes);
  GgufImage image;
  const auto magic = reader.take(image.magic.size());
  std::copy(magic.begin(), magic.end(), image.magic.begin());
  image.version = reader.number<std::uint32_t>();
  const auto tensors = reader.number<std::uint64_t>();
  const auto keys = reader.number<std::uint64_t>();
  for (std::uint64_t i = 0; i < keys && !reader.broken(); ++i) image.keys.push_back(read_key(reader));
  for (std::uint64_t i = 0; i < tensors && !reader.broken(); ++i)
    image.tensors.push_back(read_tensor(reader));
  if (reader.broken()) return std::nullopt;
  const std::size_t begin = std::min(padded(reader.position()), bytes.size());
  image.data.assign(bytes.begin() + static_cast<std::ptrdiff_t>(begin), bytes.end());
  return image;
}

Bytes GgufImage::bytes() const {
  Bytes result(magic.begin(), magic.end());
  Writer writer(result);
  writer.number(version);
  writer.number<std::uint64_t>(tensors.size());
  writer.number<std::uint64_t>(keys.size());
  for (const GgufKey& key : keys) {
    writer.text(key.name);
    writer.number(key.type);
    result.insert(result.end(), key.value.begin(), key.value.end());
  }
  for (const GgufTensor& tensor : tensors) {
    writer.text(tensor.name);
    writer.number(static_cast<std::uint32_t>(tensor.shape.size()));
    for (const std::uint64_t extent : tensor.shape) writer.number(extent);
    writer.number(tensor.type);
    writer.number(tensor.offset);
  }
  if (!data.empty()) result.resize(padded(result.size()));
  result.insert(result.end(), data.begin(), data.end());
  return result;
}

void GgufImage::lay_out() {
  Bytes placed;
  for (GgufTensor& tensor : tensors) {
    const auto size = tensor_bytes(tensor);
    if (!size) continue;
    const std::uint64_t begin = std::min<std::uint64_t>(tensor.offset, data.size());
    const std::uint64_t held = std::min<std::uint64_t>(*size, data.size() - begin);
    const auto first = data.begin() + static_cast<std::ptrdiff_t>(begin);
    tensor.offset = placed.size();
    placed.insert(placed.end(), first, first + static_cast<std::ptrdiff_t>(held));
    placed.resize(padded(tensor.offset + *size));
  }
  data = std::move(placed);
}

void GgufImage::sign() {
  for (GgufKey& key : keys) {
    if (key.type != GGUF_TYPE_STRING || !key.name.ends_with(".data_fingerprint")) continue;
    std::istringstream stream(std::string(data.begin(), data.end()));
    key.value.clear();
    Writer(key.value).text(hexadecimal(sample_hash(stream, 0, data.size())));
  }
}

}  // namespace hotset::fuzz
