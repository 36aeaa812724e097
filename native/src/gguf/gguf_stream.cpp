#include "gguf/gguf_stream.h"

#include <chrono>
#include <random>
#include <system_error>
#include <utility>

#include "error.h"
#include "gguf/fingerprint.h"

namespace hotset {
namespace {

std::string in_tenths(std::uint64_t bytes, std::uint64_t unit, const char* name) {
  const std::uint64_t tenths = bytes / (unit / 10);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + name;
}

/// Profiles take kilobytes, models gigabytes: "0.0 GB" would tell nobody how much to free.
std::string as_size(std::uint64_t bytes) {
  if (bytes >= 1'000'000'000) return in_tenths(bytes, 1'000'000'000, " GB");
  if (bytes >= 1'000'000) return in_tenths(bytes, 1'000'000, " MB");
  return in_tenths(bytes, 1'000, " kB");
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

constexpr const char* kPartial = ".partial";

/// Removes what processes that were killed left of files to be named `path`. One that is still growing was
/// changed a moment ago.
void remove_leftovers(const std::filesystem::path& path) {
  std::error_code ignored;  // what cannot be removed only takes room
  const auto oldest = std::filesystem::file_time_type::clock::now() - std::chrono::hours(1);
  const std::string name = path.filename().string() + ".";
  for (const auto& entry : std::filesystem::directory_iterator(folder_of(path), ignored)) {
    const std::string other = entry.path().filename().string();
    if (!other.starts_with(name) || !other.ends_with(kPartial)) continue;
    const auto changed = entry.last_write_time(ignored);
    if (!ignored && changed < oldest) std::filesystem::remove(entry.path(), ignored);
  }
}

}  // namespace

void require_room(const std::filesystem::path& path, std::uint64_t bytes) {
  std::error_code unknown;  // then writing will tell
  const std::filesystem::space_info space = std::filesystem::space(folder_of(path), unknown);
  if (unknown || bytes <= space.available) return;
  throw Error(ErrorKind::kBadInput, path.string() + ": " + as_size(bytes) +
                                        " are to be written and the disk has " + as_size(space.available) +
                                        " left: free some or choose another folder");
}

GgufStream::GgufStream(std::filesystem::path path)
    : path_(std::move(path)), partial_path_(path_), gguf_(gguf_init_empty()) {
  // Two processes may write the same file: the later one to finish replaces the other's.
  partial_path_ += ".";
  partial_path_ += std::to_string(std::random_device{}());
  partial_path_ += kPartial;
}

GgufStream::~GgufStream() {
  if (finished_ || !file_.is_open()) return;
  file_.close();
  std::error_code ignored;  // nobody takes the file for a whole one
  std::filesystem::remove(partial_path_, ignored);
}

std::size_t GgufStream::plan(const std::string& name, ggml_type type,
                             std::initializer_list<std::int64_t> shape) {
  ggml_context* context =
      ggml_init({.mem_size = ggml_tensor_overhead(), .mem_buffer = nullptr, .no_alloc = true});
  ggml_tensor* tensor = ggml_new_tensor(context, type, static_cast<int>(shape.size()), std::data(shape));
  ggml_set_name(tensor, name.c_str());
  gguf_add_tensor(gguf_.get(), tensor);  // which copies the description
  ggml_free(context);
  return static_cast<std::size_t>(gguf_get_n_tensors(gguf_.get())) - 1;
}

std::uint64_t GgufStream::planned_bytes() const {
  std::uint64_t bytes = gguf_get_meta_size(gguf_.get());
  const std::int64_t count = gguf_get_n_tensors(gguf_.get());
  if (count == 0) return bytes;
  const std::size_t last = gguf_get_tensor_size(gguf_.get(), count - 1);
  return bytes + gguf_get_tensor_offset(gguf_.get(), count - 1) + GGML_PAD(last, GGUF_DEFAULT_ALIGNMENT);
}

void GgufStream::begin() {
  require_room(path_, planned_bytes());
  header_bytes_ = gguf_get_meta_size(gguf_.get());
  remove_leftovers(path_);
  constexpr auto kMode = std::ios::binary | std::ios::in | std::ios::out | std::ios::trunc;
  file_.open(partial_path_, kMode);
  if (!file_) {
    throw Error(ErrorKind::kBadInput, path_.string() + ": cannot be written; check the folder's permissions");
  }
  // Padding is zeros that nobody writes.
  std::error_code error;
  std::filesystem::resize_file(partial_path_, planned_bytes(), error);
  if (error) fail();
}

std::uint64_t GgufStream::data_offset(std::size_t tensor) const {
  return header_bytes_ + gguf_get_tensor_offset(gguf_.get(), static_cast<std::int64_t>(tensor));
}

void GgufStream::write(std::size_t tensor, std::uint64_t offset, std::span<const std::byte> bytes) {
  put(data_offset(tensor) + offset, bytes);
}

void GgufStream::put(std::uint64_t position, std::span<const std::byte> bytes) {
  const std::lock_guard lock(mutex_);
  file_.seekp(static_cast<std::streamoff>(position));
  file_.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!file_) fail();
}

std::uint64_t GgufStream::data_hash() {
  const std::lock_guard lock(mutex_);
  // A stream between writing and reading has to be told so.
  file_.flush();
  const std::uint64_t hash = sample_hash(file_, header_bytes_, planned_bytes());
  if (!file_) fail();
  return hash;
}

void GgufStream::finish() {
  std::vector<std::byte> header(header_bytes_);
  gguf_get_meta_data(gguf_.get(), header.data());
  put(0, header);
  file_.close();
  std::error_code error;
  if (file_) std::filesystem::rename(partial_path_, path_, error);
  finished_ = file_ && !error;
  if (finished_) return;
  std::filesystem::remove(partial_path_, error);
  fail();
}

void GgufStream::fail() const {
  throw Error(ErrorKind::kBadInput,
              path_.string() + ": cannot be written to its end; check the free space of the disk");
}

}  // namespace hotset
