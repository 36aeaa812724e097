#include "shapes/shape_files.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <system_error>

#include "error.h"
#include "gguf/fingerprint.h"
#include "gguf/metadata.h"
#include "gguf/model_file.h"
#include "neurons/profile.h"
#include "shapes/shape_writer.h"

namespace hotset {
namespace {

/// Of what the weights are drawn from: files of another version are written anew.
constexpr int kVersion = 1;

constexpr std::array kTypes = {GGML_TYPE_F16,  GGML_TYPE_BF16, GGML_TYPE_Q8_0,
                               GGML_TYPE_Q4_0, GGML_TYPE_Q4_K, GGML_TYPE_Q6_K};

std::string upper_case(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return text;
}

std::string type_text(ggml_type type) { return upper_case(ggml_type_name(type)); }

std::string percent_text(double share) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%02g", 100 * share);
  return text.data();
}

ShapeFiles files_of(const ShapeChoice& choice, const std::filesystem::path& folder) {
  const auto base = choice.shape.name + "-" + type_text(choice.type) + "-a" + percent_text(choice.activity);
  return {.model = folder / (base + ".gguf"),
          .profile = folder / (base + ".profile.gguf"),
          .predictors = folder / (base + ".predictors.gguf"),
          .neurons = folder / (base + ".neurons.gguf")};
}

std::string text_key(const std::filesystem::path& path, const char* key) {
  const ModelFile file = ModelFile::open_tensors(path);
  return Metadata::read(path, file.size_bytes).text(key).value_or("");
}

/// Whether all four files are there and belong together.
bool are_written(const ShapeFiles& files, const ShapeChoice& choice) {
  try {
    if (text_key(files.model, kShapeDescriptionKey) != shape_description(choice)) return false;
    const ModelFile model = ModelFile::open(files.model);
    const std::string fingerprint = model_fingerprint(model);
    Profile::read(files.profile, model);
    return text_key(files.predictors, kPredictorsModelKey) == fingerprint &&
           text_key(files.neurons, "hotset.neurons.model_fingerprint") == fingerprint;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

std::string shape_description(const ShapeChoice& choice) {
  return choice.shape.name + " " + type_text(choice.type) + ", " + percent_text(choice.activity) +
         "% active, version " + std::to_string(kVersion);
}

ShapeChoice choose_shape(const std::string& shape, const std::string& quant, std::optional<double> activity,
                         std::optional<int> layers) {
  const Shape& whole = shape_named(shape);
  const Shape sizes = layers.has_value() ? with_layers(whole, *layers) : whole;
  const double share = activity.value_or(sizes.activity);
  if (!(share >= 0.01 && share <= 0.9)) {
    throw Error(ErrorKind::kBadInput, "the activity of a shape must lie between 0.01 and 0.9");
  }
  std::string known;
  for (const ggml_type type : kTypes) {
    if (upper_case(quant) == type_text(type)) return {.shape = sizes, .type = type, .activity = share};
    known += (known.empty() ? "" : ", ") + type_text(type);
  }
  throw Error(ErrorKind::kBadInput,
              "there is no quantisation \"" + quant + "\" of shapes: choose one of " + known);
}

ShapeFiles write_shape(const ShapeChoice& choice, const std::filesystem::path& folder, int threads,
                       const Progress& progress) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  ShapeFiles files = files_of(choice, folder);
  if (!are_written(files, choice)) write_shape_files(choice, files, threads, progress);
  progress(1.0);
  return files;
}

}  // namespace hotset
