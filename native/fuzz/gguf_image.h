// A GGUF taken apart into its fields, so that a fuzzer breaks one of them and leaves the container whole.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "gguf.h"

namespace hotset::fuzz {

using Bytes = std::vector<std::uint8_t>;

struct GgufKey {
  std::string name;
  std::uint32_t type = GGUF_TYPE_UINT32;
  Bytes value;  ///< as the file has it: of texts and arrays with their lengths
};

struct GgufTensor {
  std::string name;
  std::vector<std::uint64_t> shape;
  std::uint32_t type = GGML_TYPE_F32;
  std::uint64_t offset = 0;  ///< from the start of the data
};

struct GgufImage {
  std::array<char, 4> magic = {'G', 'G', 'U', 'F'};
  std::uint32_t version = GGUF_VERSION;
  std::vector<GgufKey> keys;
  std::vector<GgufTensor> tensors;
  Bytes data;

  /// nullopt for bytes that are no GGUF of these parts, or hardly any.
  static std::optional<GgufImage> parse(std::span<const std::uint8_t> bytes);

  /// The file, with the counts that there are.
  Bytes bytes() const;

  /// Puts the tensors' data where the format wants them, in the order of the tensors, zeros where there were
  /// none. Tensors whose size nobody can tell, or that are larger than fuzzing is for, stay where they are.
  void lay_out();

  /// Makes the hash of the data that derived files carry right again; nothing where there is none.
  void sign();
};

}  // namespace hotset::fuzz
