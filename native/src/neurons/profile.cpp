#include "neurons/profile.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <utility>

#include "error.h"
#include "gguf/fingerprint.h"
#include "gguf/gguf_stream.h"
#include "gguf/metadata.h"
#include "neurons/gpu_index.h"

namespace hotset {
namespace {

constexpr const char* kArchitecture = "hotset.profile";
constexpr const char* kFrequency = "activation_frequency";
constexpr const char* kGateWeights = "gate_weight";
/// Of a layer's scores, and of the mass left out up to each; by selection.
struct CurveNames {
  const char* scores;
  const char* left_out;
};
constexpr std::array<CurveNames, kSelections.size()> kCurves = {
    {{.scores = "gate_magnitude_quantiles", .left_out = "gate_magnitude_left_out"},
     {.scores = "weighted_gate_quantiles", .left_out = "weighted_gate_left_out"},
     {.scores = "product_quantiles", .left_out = "product_left_out"}}};
constexpr const char* kFingerprint = "hotset.profile.model_fingerprint";
constexpr const char* kSparsity = "hotset.profile.sparsity";

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what) {
  throw Error(ErrorKind::kBadModel, path.string() + ": " + what);
}

/// Reads tensors of F32 vectors whose lengths the model settles.
class LayerReader {
 public:
  explicit LayerReader(const ModelFile& file) : file_(file), stream_(file.path, std::ios::binary) {}

  bool has(const std::string& name) const { return file_.tensors.contains(name); }

  std::vector<float> read(const std::string& name, std::size_t length) {
    const auto found = file_.tensors.find(name);
    if (found == file_.tensors.end() || found->second.type != GGML_TYPE_F32 ||
        found->second.size != length * sizeof(float)) {
      fail(file_.path, "is a profile of another model (" + name + " does not hold " + std::to_string(length) +
                           " F32 values); profile this model again");
    }
    std::vector<float> values(length);
    stream_.seekg(static_cast<std::streamoff>(found->second.offset));
    stream_.read(reinterpret_cast<char*>(values.data()),
                 static_cast<std::streamsize>(length * sizeof(float)));
    if (!stream_) fail(file_.path, name + " cannot be read; profile this model again");
    return values;
  }

 private:
  const ModelFile& file_;
  std::ifstream stream_;
};

std::string layer_name(int layer, const char* what) { return "blk." + std::to_string(layer) + "." + what; }

std::vector<float> read_frequencies(LayerReader& reader, const ModelFile& file, const ModelFile& model,
                                    int layer) {
  const std::string name = layer_name(layer, kFrequency);
  auto values = reader.read(name, static_cast<std::size_t>(model.feed_forward_length));
  const bool plausible = std::ranges::all_of(values, [](float value) { return value >= 0 && value <= 1; });
  if (!plausible) fail(file.path, name + " is no list of frequencies; profile this model again");
  return values;
}

/// Numbers that rise, none below zero.
std::vector<float> read_rising(LayerReader& reader, const ModelFile& file, const std::string& name) {
  auto values = reader.read(name, SelectionCurve::kPoints);
  const bool finite = std::ranges::all_of(values, [](float value) { return std::isfinite(value); });
  const bool plausible = finite && std::ranges::is_sorted(values) && values.front() >= 0;
  if (!plausible) fail(file.path, name + " is no list of quantiles; profile this model again");
  return values;
}

std::vector<float> read_gate_weights(LayerReader& reader, const ModelFile& file, const ModelFile& model,
                                     int layer) {
  const std::string name = layer_name(layer, kGateWeights);
  auto values = reader.read(name, static_cast<std::size_t>(model.feed_forward_length));
  const bool plausible =
      std::ranges::all_of(values, [](float value) { return std::isfinite(value) && value >= 0; });
  if (!plausible) fail(file.path, name + " is no list of weights; profile this model again");
  return values;
}

void read_curves(LayerReader& reader, const ModelFile& file, int layer, Profile& profile) {
  for (std::size_t i = 0; i < kCurves.size(); ++i) {
    const std::string scores = layer_name(layer, kCurves[i].scores);
    const std::string left_out = layer_name(layer, kCurves[i].left_out);
    if (!reader.has(scores)) continue;
    SelectionCurve curve{.scores = read_rising(reader, file, scores), .left_out = {}};
    if (reader.has(left_out)) curve.left_out = read_rising(reader, file, left_out);
    profile.curves[i].push_back(std::move(curve));
  }
}

/// What some layers have and others lack is of no use.
void require_all_or_none(const ModelFile& file, const char* what, std::size_t count, int layers) {
  if (count == 0 || count == static_cast<std::size_t>(layers)) return;
  fail(file.path, std::string(what) + " is there for some layers alone; profile this model again");
}

void check_layers(const ModelFile& file, const Profile& profile, int layers) {
  for (std::size_t i = 0; i < kCurves.size(); ++i) {
    const auto& curves = profile.curves.at(i);
    const auto known =
        std::ranges::count_if(curves, [](const auto& curve) { return !curve.left_out.empty(); });
    require_all_or_none(file, kCurves.at(i).scores, curves.size(), layers);
    require_all_or_none(file, kCurves.at(i).left_out, static_cast<std::size_t>(known), layers);
  }
  require_all_or_none(file, kGateWeights, profile.gate_weights.size(), layers);
}

std::optional<float> read_sparsity(const ModelFile& file, const Metadata& metadata) {
  const auto sparsity = metadata.real(kSparsity);
  if (!sparsity) return std::nullopt;
  if (*sparsity >= 0 && *sparsity <= 1) return static_cast<float>(*sparsity);
  fail(file.path, std::string(kSparsity) + " is no share; profile this model again");
}

/// PowerInfer's solver took the most frequent neurons for the GPU: all that its answer tells of frequencies.
Profile profile_of(const GpuIndex& index) {
  Profile profile;
  profile.corpus = "PowerInfer's GPU index";
  for (const auto& layer : index.on_gpu) profile.frequencies.emplace_back(layer.begin(), layer.end());
  return profile;
}

}  // namespace

Profile Profile::read(const std::filesystem::path& path, const ModelFile& model) {
  const ModelFile file = ModelFile::open_tensors(path);
  if (file.architecture == kGpuIndexArchitecture) return profile_of(GpuIndex::read(path, model));
  if (file.architecture != kArchitecture) {
    fail(path, "is no profile (its architecture is \"" + file.architecture + "\"); choose a .profile.gguf");
  }
  const Metadata metadata = Metadata::read(path, file.size_bytes);
  Profile profile;
  profile.corpus = metadata.text("hotset.profile.corpus").value_or("");
  profile.tokens = metadata.unsigned_integer("hotset.profile.tokens").value_or(0);
  profile.model_sha256 = metadata.text("hotset.profile.model_sha256").value_or("");
  profile.model_fingerprint = metadata.text(kFingerprint).value_or("");
  if (!profile.model_fingerprint.empty() && profile.model_fingerprint != hotset::model_fingerprint(model)) {
    fail(path, "is a profile of another model; profile this model again");
  }
  profile.sparsity = read_sparsity(file, metadata);
  LayerReader reader(file);
  if (reader.has(layer_name(model.layers, kFrequency))) {
    fail(path, "is a profile of another model (it has more than " + std::to_string(model.layers) +
                   " layers); profile this model again");
  }
  for (int layer = 0; layer < model.layers; ++layer) {
    profile.frequencies.push_back(read_frequencies(reader, file, model, layer));
    read_curves(reader, file, layer, profile);
    if (!reader.has(layer_name(layer, kGateWeights))) continue;
    profile.gate_weights.push_back(read_gate_weights(reader, file, model, layer));
  }
  check_layers(file, profile, model.layers);
  return profile;
}

void Profile::write(const std::filesystem::path& path) const {
  GgufStream file(path);
  gguf_context* keys = file.keys();
  gguf_set_val_str(keys, "general.architecture", kArchitecture);
  gguf_set_val_str(keys, "hotset.profile.corpus", corpus.c_str());
  gguf_set_val_u64(keys, "hotset.profile.tokens", tokens);
  gguf_set_val_str(keys, kFingerprint, model_fingerprint.c_str());
  if (sparsity) {
    gguf_set_val_f32(keys, kSparsity, *sparsity);
  } else {
    gguf_set_val_f32(keys, "hotset.profile.threshold", 0.0F);
  }
  std::vector<const std::vector<float>*> tensors;
  const auto plan = [&](std::size_t layer, const char* what, const std::vector<float>& values) {
    const auto length = static_cast<std::int64_t>(values.size());
    file.plan(layer_name(static_cast<int>(layer), what), GGML_TYPE_F32, {length});
    tensors.push_back(&values);
  };
  for (std::size_t layer = 0; layer < frequencies.size(); ++layer) {
    plan(layer, kFrequency, frequencies[layer]);
    for (std::size_t i = 0; i < kCurves.size(); ++i) {
      if (curves[i].empty()) continue;
      plan(layer, kCurves[i].scores, curves[i][layer].scores);
      if (!curves[i][layer].left_out.empty()) plan(layer, kCurves[i].left_out, curves[i][layer].left_out);
    }
    if (!gate_weights.empty()) plan(layer, kGateWeights, gate_weights[layer]);
  }
  file.begin();
  for (std::size_t i = 0; i < tensors.size(); ++i) file.write(i, 0, bytes_of(*tensors[i]));
  file.finish();
}

}  // namespace hotset
