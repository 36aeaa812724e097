#include "neurons/profile.h"

#include <algorithm>
#include <fstream>

#include "error.h"
#include "gguf/metadata.h"

namespace hotset {
namespace {

constexpr const char* kArchitecture = "hotset.profile";

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what) {
  throw Error(ErrorKind::kBadModel, path.string() + ": " + what);
}

std::vector<float> read_layer(const ModelFile& file, const ModelFile& model, int layer,
                              std::ifstream& stream) {
  const std::string name = "blk." + std::to_string(layer) + ".activation_frequency";
  const auto found = file.tensors.find(name);
  const auto neurons = static_cast<std::size_t>(model.feed_forward_length);
  if (found == file.tensors.end() || found->second.type != GGML_TYPE_F32 ||
      found->second.size != neurons * sizeof(float)) {
    fail(file.path, "is a profile of another model (" + name + " does not hold " + std::to_string(neurons) +
                        " F32 values); profile this model again");
  }
  std::vector<float> frequencies(neurons);
  stream.seekg(static_cast<std::streamoff>(found->second.offset));
  stream.read(reinterpret_cast<char*>(frequencies.data()),
              static_cast<std::streamsize>(neurons * sizeof(float)));
  const bool plausible = std::all_of(frequencies.begin(), frequencies.end(),
                                     [](float frequency) { return frequency >= 0.0F && frequency <= 1.0F; });
  if (!stream || !plausible) fail(file.path, name + " is no list of frequencies; profile this model again");
  return frequencies;
}

}  // namespace

Profile Profile::read(const std::filesystem::path& path, const ModelFile& model) {
  const ModelFile file = ModelFile::open_tensors(path);
  if (file.architecture != kArchitecture) {
    fail(path, "is no profile (its architecture is \"" + file.architecture + "\"); choose a .profile.gguf");
  }
  const Metadata metadata = Metadata::read(path, file.size_bytes);
  Profile profile;
  profile.corpus = metadata.text("hotset.profile.corpus").value_or("");
  profile.tokens = metadata.unsigned_integer("hotset.profile.tokens").value_or(0);
  profile.model_sha256 = metadata.text("hotset.profile.model_sha256").value_or("");
  if (file.tensors.size() != static_cast<std::size_t>(model.layers)) {
    fail(path, "is a profile of another model (" + std::to_string(file.tensors.size()) +
                   " layers instead of " + std::to_string(model.layers) + "); profile this model again");
  }
  std::ifstream stream(path, std::ios::binary);
  for (int layer = 0; layer < model.layers; ++layer) {
    profile.frequencies.push_back(read_layer(file, model, layer, stream));
  }
  return profile;
}

}  // namespace hotset
