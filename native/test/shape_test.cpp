// Models of known shapes: that they run, fire as often as asked, and have predictors that predict.
#include "shapes/shape.h"

#include <doctest/doctest.h>
#include <ggml.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <string>

#include "decode/hybrid_decoder.h"
#include "error.h"
#include "gguf/mapped_file.h"
#include "hybrid/weights/neuron_cache.h"
#include "llama_oracle.h"
#include "neurons/profile.h"
#include "neurons/split.h"
#include "scratch_file.h"
#include "shapes/power_law.h"
#include "shapes/shape_files.h"
#include "test_vocabulary.h"

using hotset::CancelFlag;
using hotset::Error;
using hotset::MappedFile;
using hotset::ModelFile;
using hotset::NeuronCache;
using hotset::NeuronOrders;
using hotset::Profile;
using hotset::Shape;
using hotset::ShapeChoice;
using hotset::ShapeFiles;
using hotset::Token;
using hotset::test::ScratchFile;

namespace {

const hotset::Progress kNoProgress = [](double) {};

Shape small_shape(const std::string& architecture = "llama") {
  return {.name = "small",
          .architecture = architecture,
          .layers = 3,
          .embedding_length = 512,
          .feed_forward_length = 1536,
          .heads = 8,
          .kv_heads = 4,
          .vocabulary_size = 600,
          .context_length = 512,
          .rope_base = 1e4F};
}

/// A folder with the files of a small shape.
class WrittenShape {
 public:
  explicit WrittenShape(ggml_type type, double activity = 0.1, const std::string& architecture = "llama")
      : folder_(""), choice_{.shape = small_shape(architecture), .type = type, .activity = activity} {
    files = write_shape(choice_, folder_.path(), 2, kNoProgress);
  }
  WrittenShape(const WrittenShape&) = delete;
  WrittenShape& operator=(const WrittenShape&) = delete;
  ~WrittenShape() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_.path(), ignored);
  }

  /// How often progress was reported: not at all but for the end where nothing was to be done.
  int write_again() const {
    int steps = 0;
    write_shape(choice_, folder_.path(), 2, [&](double) { ++steps; });
    return steps;
  }

  ShapeFiles files;

 private:
  ScratchFile folder_;
  ShapeChoice choice_;
};

/// Tensors of a file as floats, by ggml's own conversion.
class Tensors {
 public:
  explicit Tensors(const std::filesystem::path& path) : model_(ModelFile::open_tensors(path)), file_(path) {}

  /// Row after row.
  std::vector<float> values(const std::string& name) const {
    const hotset::TensorInfo& info = model_.tensors.at(name);
    std::vector<float> result(static_cast<std::size_t>(info.shape[0] * info.shape[1]));
    const std::byte* bytes = file_.bytes().data() + info.offset;
    if (info.type == GGML_TYPE_F32) {
      std::memcpy(result.data(), bytes, info.size);
    } else {
      ggml_get_type_traits(info.type)->to_float(bytes, result.data(),
                                                static_cast<std::int64_t>(result.size()));
    }
    return result;
  }

 private:
  ModelFile model_;
  MappedFile file_;
};

/// matrix: [x.size(), rows]
std::vector<double> product(const std::vector<float>& matrix, const std::vector<double>& x) {
  std::vector<double> result(matrix.size() / x.size());
  for (std::size_t row = 0; row < result.size(); ++row) {
    for (std::size_t i = 0; i < x.size(); ++i) result[row] += matrix[row * x.size() + i] * x[i];
  }
  return result;
}

struct Measured {
  double activity = 0.0;
  double recall = 0.0;     ///< of the activation mass
  double predicted = 0.0;  ///< share of neurons that the predictor names
  std::vector<double> frequencies;
};

/// The first layer's feed-forward block on every token's embedding, in plain arithmetic.
Measured measure(const ShapeFiles& files) {
  const Tensors model(files.model);
  const Tensors predictors(files.predictors);
  const std::vector<float> embeddings = model.values("token_embd.weight");
  const std::vector<float> norm = model.values("blk.0.ffn_norm.weight");
  const std::vector<float> gate = model.values("blk.0.ffn_gate.weight");
  const std::vector<float> up = model.values("blk.0.ffn_up.weight");
  const std::vector<float> down = model.values("blk.0.ffn_down.weight");
  const std::vector<float> fc1 = predictors.values("blk.0.fc1.weight");
  const std::vector<float> fc2 = predictors.values("blk.0.fc2.weight");
  const std::size_t length = norm.size();
  const std::size_t neurons = gate.size() / length;
  const std::size_t tokens = embeddings.size() / length;
  std::vector<double> down_norms(neurons);
  for (std::size_t i = 0; i < down.size(); ++i)
    down_norms[i % neurons] += static_cast<double>(down[i]) * down[i];

  Measured sums;
  sums.frequencies.resize(neurons);
  double kept = 0.0;
  double mass = 0.0;
  for (std::size_t token = 0; token < tokens; ++token) {
    std::vector<double> x(embeddings.begin() + static_cast<std::ptrdiff_t>(token * length),
                          embeddings.begin() + static_cast<std::ptrdiff_t>((token + 1) * length));
    const double squares = std::inner_product(x.begin(), x.end(), x.begin(), 0.0);
    const double scale = 1.0 / std::sqrt(squares / static_cast<double>(length));
    for (std::size_t i = 0; i < length; ++i) x[i] *= scale * norm[i];
    const std::vector<double> gates = product(gate, x);
    const std::vector<double> ups = product(up, x);
    std::vector<double> hidden = product(fc1, x);
    for (double& value : hidden) value = std::max(value, 0.0);
    const std::vector<double> logits = product(fc2, hidden);
    for (std::size_t i = 0; i < neurons; ++i) {
      if (logits[i] >= 0.0) sums.predicted += 1.0;
      if (gates[i] <= 0.0) continue;
      sums.frequencies[i] += 1.0 / static_cast<double>(tokens);
      const double share = gates[i] * std::abs(ups[i]) * std::sqrt(down_norms[i]);
      mass += share;
      if (logits[i] >= 0.0) kept += share;
    }
  }
  sums.recall = kept / mass;
  sums.predicted /= static_cast<double>(tokens * neurons);
  sums.activity =
      std::accumulate(sums.frequencies.begin(), sums.frequencies.end(), 0.0) / static_cast<double>(neurons);
  return sums;
}

double correlation(const std::vector<double>& a, const std::vector<float>& b) {
  const auto count = static_cast<double>(a.size());
  const double mean_a = std::accumulate(a.begin(), a.end(), 0.0) / count;
  const double mean_b = std::accumulate(b.begin(), b.end(), 0.0) / count;
  double ab = 0.0;
  double aa = 0.0;
  double bb = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - mean_a) * (b[i] - mean_b);
    aa += (a[i] - mean_a) * (a[i] - mean_a);
    bb += (b[i] - mean_b) * (b[i] - mean_b);
  }
  return ab / std::sqrt(aa * bb);
}

NeuronOrders orders_of(const Profile& profile) {
  NeuronOrders orders;
  for (const auto& layer : profile.frequencies)
    orders.push_back(hotset::split_by_frequency(layer, 0.5).order);
  return orders;
}

std::vector<Token> some_tokens(int count) {
  std::vector<Token> tokens;
  tokens.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) tokens.push_back(1 + i * 37 % 598);
  return tokens;
}

}  // namespace

TEST_CASE("a power law has the mean that was asked, and 38% of the neurons make 80% of the activations") {
  for (const double activity : {0.02, 0.1, 0.3, 0.6}) {
    const std::vector<float> law = hotset::power_law_frequencies(11008, activity);
    const double sum = std::accumulate(law.begin(), law.end(), 0.0);
    CHECK(sum / 11008 == doctest::Approx(activity).epsilon(1e-3));
    CHECK(std::is_sorted(law.begin(), law.end(), std::greater<>()));
    CHECK(law.front() <= 0.99F);
  }
  const std::vector<float> law = hotset::power_law_frequencies(11008, 0.1);
  const double top = std::accumulate(law.begin(), law.begin() + 11008 * 38 / 100, 0.0);
  CHECK(top / (0.1 * 11008) == doctest::Approx(0.8).epsilon(0.01));
}

TEST_CASE("quantiles and mean squares of the normal distribution are those of its tables") {
  CHECK(hotset::normal_quantile(0.5) == doctest::Approx(0.0));
  CHECK(hotset::normal_quantile(0.1) == doctest::Approx(1.281552));
  CHECK(hotset::normal_quantile(0.99) == doctest::Approx(-2.326348));
  CHECK(hotset::mean_square_above(0.0) == doctest::Approx(0.5));
  CHECK(hotset::mean_square_above(-20.0) == doctest::Approx(401.0));
}

TEST_CASE("neurons fire as often as asked and as the profile says, and the predictor finds them") {
  for (const ggml_type type :
       {GGML_TYPE_F16, GGML_TYPE_Q8_0, GGML_TYPE_Q4_0, GGML_TYPE_Q4_K, GGML_TYPE_Q6_K}) {
    CAPTURE(std::string(ggml_type_name(type)));
    const WrittenShape shape(type);
    const Measured measured = measure(shape.files);
    MESSAGE(std::string(ggml_type_name(type)) << ": activity " << measured.activity << ", recall "
                                              << measured.recall << ", predicted " << measured.predicted);
    CHECK(measured.activity == doctest::Approx(0.1).epsilon(0.1));
    CHECK(measured.recall > 0.98);
    CHECK(measured.recall < 0.9999);
    CHECK(measured.predicted == doctest::Approx(measured.activity).epsilon(0.1));
    const Profile profile = Profile::read(shape.files.profile, ModelFile::open(shape.files.model));
    CHECK(correlation(measured.frequencies, profile.frequencies[0]) > 0.98);
  }
}

TEST_CASE("other activities are met as well") {
  for (const double activity : {0.03, 0.3}) {
    const WrittenShape shape(GGML_TYPE_Q4_0, activity);
    CHECK(measure(shape.files).activity == doctest::Approx(activity).epsilon(0.15));
  }
}

TEST_CASE(
    "the engine decodes a shape, finds the activity in every layer, and takes its neuron cache as it is") {
  for (const std::string architecture : {"llama", "qwen2"}) {
    const WrittenShape shape(GGML_TYPE_Q4_0, 0.1, architecture);
    const ModelFile model = ModelFile::open(shape.files.model);
    const Profile profile = Profile::read(shape.files.profile, model);
    const auto cache = NeuronCache::open(shape.files.neurons, model, orders_of(profile));
    CHECK(cache->layer(0).types.down == GGML_TYPE_Q4_0);

    const auto decoder = make_hybrid_decoder(model, {}, kNoProgress);
    const CancelFlag never{false};
    for (const Token token : some_tokens(200)) REQUIRE(decoder->append({&token, 1}, never));
    const auto statistics = decoder->take_statistics();
    REQUIRE(statistics);
    CHECK(statistics->activity == doctest::Approx(0.1).epsilon(0.15));
    CHECK(hotset::test::load_vocabulary(shape.files.model).size() == 600);
  }
}

TEST_CASE("the down rows of the cache are the very weights of the model's matrix") {
  for (const ggml_type type : {GGML_TYPE_F16, GGML_TYPE_Q8_0}) {
    CAPTURE(std::string(ggml_type_name(type)));
    const WrittenShape shape(type);
    const ModelFile model = ModelFile::open(shape.files.model);
    const NeuronOrders orders = orders_of(Profile::read(shape.files.profile, model));
    const auto cache = NeuronCache::open(shape.files.neurons, model, orders);
    const std::vector<float> matrix = Tensors(shape.files.model).values("blk.1.ffn_down.weight");
    const auto length = static_cast<std::size_t>(model.embedding_length);
    const std::size_t neurons = orders[1].size();
    const std::size_t row_bytes = ggml_row_size(type, model.embedding_length);
    std::vector<float> row(length);
    for (std::size_t place = 0; place < neurons; ++place) {
      ggml_get_type_traits(type)->to_float(cache->layer(1).downs.data() + place * row_bytes, row.data(),
                                           model.embedding_length);
      const auto neuron = static_cast<std::size_t>(orders[1][place]);
      for (std::size_t i = 0; i < length; ++i) REQUIRE(row[i] == matrix[i * neurons + neuron]);
    }
  }
}

TEST_CASE("libllama runs the file as the dense baseline") {
  const WrittenShape shape(GGML_TYPE_Q4_0);
  const std::vector<Token> tokens = some_tokens(8);
  const std::vector<float> logits = hotset::test::libllama_logits(shape.files.model, tokens, 8);
  CHECK(std::all_of(logits.begin(), logits.end(), [](float logit) { return std::isfinite(logit); }));
}

TEST_CASE("a shape is written once, and anew where one of its files is missing or another's") {
  const WrittenShape shape(GGML_TYPE_F16);
  CHECK(shape.write_again() == 1);
  std::filesystem::remove(shape.files.predictors);
  CHECK(shape.write_again() > 1);
  CHECK(shape.write_again() == 1);
  std::filesystem::resize_file(shape.files.neurons, 100'000);
  CHECK(shape.write_again() > 1);
  const WrittenShape other(GGML_TYPE_F16, 0.2);
  std::filesystem::copy_file(other.files.predictors, shape.files.predictors,
                             std::filesystem::copy_options::overwrite_existing);
  CHECK(shape.write_again() > 1);
}

TEST_CASE("writing that is given up leaves nothing behind") {
  const ScratchFile folder("");
  const ShapeChoice choice{.shape = small_shape(), .type = GGML_TYPE_F16, .activity = 0.1};
  const auto give_up = [](double) { throw Error(hotset::ErrorKind::kBadInput, "given up"); };
  CHECK_THROWS_WITH_AS(write_shape(choice, folder.path(), 2, give_up), "given up", Error);
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("shapes, quantisations and activities that there are not are named with those that there are") {
  CHECK_THROWS_WITH_AS(hotset::choose_shape("llama-8b", "Q4_0", 0.1), doctest::Contains("codellama-7b"),
                       Error);
  CHECK_THROWS_WITH_AS(hotset::choose_shape("llama-7b", "Q3_K", 0.1), doctest::Contains("Q4_0"), Error);
  CHECK_THROWS_WITH_AS(hotset::choose_shape("llama-7b", "q4_0", 2.0), doctest::Contains("between"), Error);
  CHECK(hotset::choose_shape("llama-70b", "q4_k", 0.1).shape.kv_heads == 8);
}

TEST_CASE("a shape of fewer layers has all else of the whole one, and files of its own") {
  const ShapeChoice whole = hotset::choose_shape("llama-70b", "Q4_0", std::nullopt);
  const ShapeChoice part = hotset::choose_shape("llama-70b", "Q4_0", std::nullopt, 36);
  CHECK(part.shape.layers == 36);
  CHECK(part.shape.feed_forward_length == whole.shape.feed_forward_length);
  CHECK(part.shape.vocabulary_size == whole.shape.vocabulary_size);
  CHECK(hotset::shape_description(part) != hotset::shape_description(whole));
  CHECK(hotset::shape_description(hotset::choose_shape("llama-70b", "Q4_0", std::nullopt, 80)) ==
        hotset::shape_description(whole));
  for (const int wrong : {0, 81}) {
    CHECK_THROWS_WITH_AS(hotset::choose_shape("llama-70b", "Q4_0", std::nullopt, wrong),
                         doctest::Contains("1 to 80"), Error);
  }
}

TEST_CASE("a shape has the activity that was published of its model, unless another one is asked for") {
  CHECK(hotset::choose_shape("prosparse-llama-2-7b", "Q4_0", std::nullopt).activity == 0.1068);
  CHECK(hotset::choose_shape("prosparse-llama-2-7b", "Q4_0", 0.2).activity == 0.2);
  CHECK(hotset::choose_shape("llama-7b", "Q4_0", std::nullopt).activity == 0.1);
}
