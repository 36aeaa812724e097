// Files that are made from a model so that it need not be done again: what they say of their origin.
#pragma once

#include <filesystem>
#include <string>

#include "gguf/gguf_stream.h"
#include "gguf/metadata.h"
#include "gguf/model_file.h"

namespace hotset {

/// A kind of such files. Its keys begin with the architecture.
struct DerivedKind {
  const char* architecture;
  std::uint64_t version;  ///< of what is in them; any other is no good
};

class DerivedFile {
 public:
  /// Reads the header. Throws Error: kBadInput (no such file), kBadModel (no GGUF, of another kind, version
  /// or model).
  DerivedFile(const std::filesystem::path& path, const DerivedKind& kind, const ModelFile& model);

  const ModelFile& file() const { return file_; }
  const Metadata& metadata() const { return metadata_; }

  /// Throws Error kBadModel where samples of the data are not what was written.
  void check_data() const;

  /// kBadModel, with the path in front.
  [[noreturn]] void fail(const std::string& what) const;

 private:
  std::string key(const char* name) const;

  DerivedKind kind_;
  ModelFile file_;
  Metadata metadata_;
};

/// Sets the keys of a file of that kind. Before begin().
void begin_derived(GgufStream& file, const DerivedKind& kind);

/// Says which model the file is made of and what is in it, and finishes it.
/// fingerprint: model_fingerprint() of the model.
void finish_derived(GgufStream& file, const DerivedKind& kind, const std::string& fingerprint);

}  // namespace hotset
