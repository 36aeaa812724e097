// A GGUF file, checked before anything trusts it: every tensor lies inside the file, every size the decoders
// rely on is present and plausible.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ggml.h"
#include "gguf/architecture.h"

namespace hotset {

/// Where one tensor's bytes lie. `shape` is ggml's ne: the innermost dimension first.
struct TensorInfo {
  ggml_type type;
  std::array<std::int64_t, 4> shape;
  std::uint64_t offset;  ///< bytes from the start of the file
  std::uint64_t size;    ///< bytes
};

/// Rotary embedding as the GGUF describes it; zero or empty where the file is silent.
struct RopeParameters {
  bool absent = false;  ///< heads are not turned at all, which only libllama runs
  int dimensions = 0;
  float frequency_base = 10000.0F;
  std::string scaling_type;  ///< "", "none", "linear", "yarn" or "longrope"
  float scaling_factor = 1.0F;
  float attention_factor = 1.0F;  ///< multiplies the amplitude on top of what the scaling type asks for
  int original_context_length = 0;
  /// The tensor that divides the frequencies, F32 [dimensions / 2]; empty: none. Of two the one for a context
  /// as in training, until choose_rope_factors().
  std::string factors;
};

/// Factors that some architectures have, 1 elsewhere.
struct Scales {
  float embedding = 1.0F;
  float residual = 1.0F;  ///< of what attention and neurons add to the residual stream
  float logits = 1.0F;
};

/// What a llama-family transformer needs to know of itself (GGUF specification, "LLM" keys).
struct ModelFile {
  std::filesystem::path path;
  std::uint64_t size_bytes = 0;
  std::string architecture;
  std::string name;
  Activation activation = Activation::kOther;
  std::string quantisation;      ///< name of the type that holds most of the bytes, "Q4_0" for example
  std::uint64_t parameters = 0;  ///< elements of all tensors but predictors
  int layers = 0;
  int embedding_length = 0;
  int feed_forward_length = 0;
  int heads = 0;
  int kv_heads = 0;
  int key_length = 0;
  int value_length = 0;
  int vocabulary_size = 0;
  int context_length = 0;
  int experts = 0;             ///< more than 0: a mixture of experts, which only libllama runs
  bool uniform_layers = true;  ///< false: heads or neurons differ between layers, which only libllama runs
  /// Files that the model is divided into; of more than one only the first one's tensors are in `tensors`,
  /// and only libllama runs it.
  int parts = 1;
  /// PowerInfer's own file: its neurons are of the ReLU family, its down matrices transposed (`ffn_down_t`).
  bool powerinfer = false;
  float norm_epsilon = 0.0F;
  float attention_scale = 0.0F;  ///< 0: 1/sqrt(key_length)
  Scales scales;
  RopeParameters rope;
  std::string fim_order;        ///< `hotset.fim.order`: "spm", "psm" or empty
  bool path_in_prompt = false;  ///< `hotset.prompt.path`: trained to see the file's path before the prefix
  /// `hotset.confidence.weights`: how token probabilities tell whether a completion is right, as
  /// extension/engine/completion/confidence.ts computes it; nullopt: the file has none.
  std::optional<std::array<float, 4>> confidence_weights;
  /// What is wrong with the file though it can be used, a line for people each, which goes on from its name.
  std::vector<std::string> warnings;
  std::map<std::string, TensorInfo> tensors;

  /// Reads the header and checks it against the file's size.
  /// Throws Error: kBadInput (no such file, a directory, unreadable), kBadModel (no GGUF, truncated, hostile
  /// sizes).
  static ModelFile open(const std::filesystem::path& path);

  /// Like open(), for a GGUF that is no language model: path, size, architecture and tensors alone are filled
  /// in.
  static ModelFile open_tensors(const std::filesystem::path& path);
};

}  // namespace hotset
