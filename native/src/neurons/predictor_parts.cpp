#include "neurons/predictor_parts.h"

#include <utility>

#include "error.h"
#include "gguf/fingerprint.h"
#include "gguf/gguf_stream.h"
#include "gguf/mapped_file.h"
#include "gguf/metadata.h"

namespace hotset {
namespace {

constexpr const char* kPart = "hotset.predictor.part";
constexpr const char* kPredictors = "hotset.predictors";
constexpr const char* kFingerprint = "hotset.predictors.model_fingerprint";
constexpr const char* kLayer = "hotset.predictor.layer";
constexpr const char* kThreshold = "hotset.predictor.threshold";
constexpr const char* kWantedRecall = "hotset.predictor.wanted_recall";
constexpr const char* kRecall = "hotset.predictor.recall";
constexpr const char* kShare = "hotset.predictor.share";

std::string matrix_name(int layer, const char* matrix) {
  return "blk." + std::to_string(layer) + "." + matrix + ".weight";
}

void set_numbers(GgufStream& file, const char* key, std::span<const float> values) {
  gguf_set_arr_data(file.keys(), key, GGUF_TYPE_FLOAT32, values.data(), values.size());
}

/// One value for each of `parts`.
template <typename Member>
void set_figures(GgufStream& file, const char* key, std::span<const PredictorPartFigures> parts,
                 Member member) {
  std::vector<float> values;
  for (const PredictorPartFigures& part : parts) values.push_back(part.*member);
  set_numbers(file, key, values);
}

void describe(GgufStream& file, const char* architecture, const ModelFile& model,
              std::span<const PredictorPartFigures> parts) {
  gguf_set_val_str(file.keys(), "general.architecture", architecture);
  gguf_set_val_str(file.keys(), kFingerprint, model_fingerprint(model).c_str());
  gguf_set_val_str(file.keys(), "hotset.predictor.input", "normed");
  set_figures(file, kThreshold, parts, &PredictorPartFigures::threshold);
  set_figures(file, kWantedRecall, parts, &PredictorPartFigures::wanted_recall);
  set_figures(file, kRecall, parts, &PredictorPartFigures::recall);
  set_figures(file, kShare, parts, &PredictorPartFigures::share);
}

std::vector<std::byte> quantised(ggml_type type, std::span<const float> values, std::int64_t columns) {
  const auto rows = static_cast<std::int64_t>(values.size()) / columns;
  std::vector<std::byte> bytes(ggml_row_size(type, columns) * static_cast<std::size_t>(rows));
  ggml_quantize_chunk(type, values.data(), bytes.data(), 0, rows, columns, nullptr);
  return bytes;
}

/// The one number of a part's `key`.
float number(const Metadata& metadata, const char* key) {
  const std::vector<float> values = metadata.reals(key);
  return values.size() == 1 ? values[0] : 0.0F;
}

PredictorPartFigures figures_of(const ModelFile& file, const ModelFile& model) {
  const auto refuse = [&](const char* what) {
    throw Error(ErrorKind::kBadModel, file.path.string() + ": " + what + "; train the predictors again");
  };
  if (file.architecture != kPart) refuse("is no part of a model's predictors");
  const Metadata metadata = Metadata::read(file.path, file.size_bytes);
  if (metadata.text(kFingerprint) != model_fingerprint(model)) refuse("belongs to another model");
  const auto layer = metadata.unsigned_integer(kLayer);
  if (!layer || *layer >= static_cast<std::uint64_t>(model.layers)) refuse("has no layer of the model");
  PredictorPartFigures figures{.layer = static_cast<int>(*layer),
                               .threshold = number(metadata, kThreshold),
                               .wanted_recall = number(metadata, kWantedRecall),
                               .recall = number(metadata, kRecall),
                               .share = number(metadata, kShare)};
  const auto fc1 = file.tensors.find(matrix_name(figures.layer, "fc1"));
  const auto fc2 = file.tensors.find(matrix_name(figures.layer, "fc2"));
  if (fc1 == file.tensors.end() || fc2 == file.tensors.end()) refuse("lacks a matrix");
  figures.hidden = static_cast<int>(fc1->second.shape[1]);
  const bool fits = fc1->second.shape[0] == model.embedding_length &&
                    fc2->second.shape[0] == figures.hidden &&
                    fc2->second.shape[1] == model.feed_forward_length;
  if (!fits) refuse("has a matrix of another shape");
  figures.bytes = fc1->second.size + fc2->second.size;
  return figures;
}

}  // namespace

void write_predictor_part(const std::filesystem::path& path, const ModelFile& model,
                          const PredictorPart& part) {
  GgufStream file(path);
  const PredictorPartFigures figures{.layer = part.layer,
                                     .hidden = part.hidden,
                                     .threshold = part.threshold,
                                     .wanted_recall = part.wanted_recall,
                                     .recall = part.recall,
                                     .share = part.share};
  describe(file, kPart, model, std::span(&figures, 1));
  gguf_set_val_u32(file.keys(), kLayer, static_cast<std::uint32_t>(part.layer));
  const std::int64_t hidden = part.hidden;
  const auto fc1 = file.plan(matrix_name(part.layer, "fc1"), part.type, {model.embedding_length, hidden});
  const auto fc2 = file.plan(matrix_name(part.layer, "fc2"), part.type, {hidden, model.feed_forward_length});
  file.begin();
  file.write(fc1, 0, quantised(part.type, part.fc1, model.embedding_length));
  file.write(fc2, 0, quantised(part.type, part.fc2, hidden));
  file.finish();
}

std::optional<PredictorPartFigures> read_predictor_part(const std::filesystem::path& path,
                                                        const ModelFile& model) {
  try {
    return figures_of(ModelFile::open_tensors(path), model);
  } catch (const Error&) {
    return std::nullopt;
  }
}

void join_predictor_parts(const std::vector<std::filesystem::path>& parts, const ModelFile& model,
                          const std::filesystem::path& path) {
  std::vector<ModelFile> files;
  std::vector<PredictorPartFigures> figures;
  for (const auto& part : parts) {
    files.push_back(ModelFile::open_tensors(part));
    figures.push_back(figures_of(files.back(), model));
    if (figures.back().layer == static_cast<int>(figures.size()) - 1) continue;
    throw Error(ErrorKind::kBadModel,
                part.string() + ": is another layer's part; train the predictors again");
  }
  if (parts.size() != static_cast<std::size_t>(model.layers)) {
    throw Error(ErrorKind::kBadModel, "a layer's predictor is missing; train the predictors again");
  }
  GgufStream joined(path);
  describe(joined, kPredictors, model, figures);
  for (std::size_t layer = 0; layer < files.size(); ++layer) {
    for (const char* matrix : {"fc1", "fc2"}) {
      const std::string name = matrix_name(static_cast<int>(layer), matrix);
      const TensorInfo& info = files[layer].tensors.at(name);
      joined.plan(name, info.type, {info.shape[0], info.shape[1]});
    }
  }
  joined.begin();
  for (std::size_t layer = 0; layer < files.size(); ++layer) {
    const MappedFile mapped(files[layer].path);
    std::size_t tensor = 2 * layer;
    for (const char* matrix : {"fc1", "fc2"}) {
      const TensorInfo& info = files[layer].tensors.at(matrix_name(static_cast<int>(layer), matrix));
      joined.write(tensor++, 0, mapped.bytes().subspan(info.offset, info.size));
    }
  }
  joined.finish();
}

}  // namespace hotset
