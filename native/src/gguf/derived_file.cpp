#include "gguf/derived_file.h"

#include <algorithm>
#include <fstream>

#include "error.h"
#include "gguf/fingerprint.h"

namespace hotset {
namespace {

constexpr const char* kVersion = "version";
constexpr const char* kModel = "model_fingerprint";
constexpr const char* kData = "data_fingerprint";

std::string key_of(const DerivedKind& kind, const char* name) {
  return std::string(kind.architecture) + "." + name;
}

void set_text(GgufStream& file, const DerivedKind& kind, const char* name, const std::string& text) {
  gguf_set_val_str(file.keys(), key_of(kind, name).c_str(), text.c_str());
}

}  // namespace

DerivedFile::DerivedFile(const std::filesystem::path& path, const DerivedKind& kind, const ModelFile& model)
    : kind_(kind), file_(ModelFile::open_tensors(path)), metadata_(Metadata::read(path, file_.size_bytes)) {
  if (file_.architecture != kind.architecture) fail(std::string("is no file of ") + kind.architecture);
  if (metadata_.unsigned_integer(key(kVersion)) != kind.version) fail("is of another version");
  if (metadata_.text(key(kModel)) != model_fingerprint(model)) fail("is of another model");
}

void DerivedFile::check_data() const {
  std::ifstream stream(file_.path, std::ios::binary);
  const std::uint64_t begin =
      std::min<std::uint64_t>(gguf_get_data_offset(metadata_.context()), file_.size_bytes);
  if (metadata_.text(key(kData)) != hexadecimal(sample_hash(stream, begin, file_.size_bytes))) {
    fail("is damaged");
  }
}

void DerivedFile::fail(const std::string& what) const {
  throw Error(ErrorKind::kBadModel, file_.path.string() + ": " + what);
}

std::string DerivedFile::key(const char* name) const { return key_of(kind_, name); }

void begin_derived(GgufStream& file, const DerivedKind& kind) {
  gguf_set_val_str(file.keys(), "general.architecture", kind.architecture);
  gguf_set_val_u32(file.keys(), key_of(kind, kVersion).c_str(), static_cast<std::uint32_t>(kind.version));
  // Of the length that they will have.
  set_text(file, kind, kModel, hexadecimal(0));
  set_text(file, kind, kData, hexadecimal(0));
}

void finish_derived(GgufStream& file, const DerivedKind& kind, const std::string& fingerprint) {
  set_text(file, kind, kModel, fingerprint);
  set_text(file, kind, kData, hexadecimal(file.data_hash()));
  file.finish();
}

}  // namespace hotset
