// Neuron caches: the rows in them are the model's, and nothing but a whole cache of this very model is used.
#include "hybrid/weights/neuron_cache.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <numeric>
#include <span>
#include <string>

#include "accepted_file.h"
#include "error.h"
#include "file_bytes.h"
#include "gguf/synthetic_model.h"
#include "hybrid/weights/neuron_cache_store.h"
#include "kernels/packing.h"
#include "runtime/log.h"
#include "scratch_file.h"
#include "sparse_models.h"

using hotset::Error;
using hotset::MappedFile;
using hotset::ModelFile;
using hotset::NeuronCache;
using hotset::NeuronOrders;
using hotset::SyntheticModel;
using hotset::test::content_of;
using hotset::test::ScratchFile;
using hotset::test::write_content;

namespace {

SyntheticModel small_model(ggml_type type) {
  SyntheticModel description;
  description.layers = 2;
  description.embedding_length = 256;
  description.feed_forward_length = 512;
  description.vocabulary_size = 32;
  description.activation = hotset::Activation::kRelu;
  description.type = type;
  return description;
}

/// Every layer's neurons in an order of its own.
NeuronOrders some_orders(const ModelFile& model) {
  NeuronOrders orders;
  for (int layer = 0; layer < model.layers; ++layer) {
    std::vector<int> order(static_cast<std::size_t>(model.feed_forward_length));
    std::iota(order.begin(), order.end(), 0);
    std::reverse(order.begin(), order.end());
    std::rotate(order.begin(), order.begin() + 7 + layer, order.end());
    orders.push_back(order);
  }
  return orders;
}

void build(const ModelFile& model, const NeuronOrders& orders, const std::filesystem::path& path) {
  build_neuron_cache(model, orders, 2, path, [](double) {});
}

bool opens(const std::filesystem::path& path, const ModelFile& model, const NeuronOrders& orders) {
  return hotset::test::is_accepted(path, [&] { NeuronCache::open(path, model, orders); });
}

void check_input_rows(const ModelFile& model, const std::byte* matrix, std::span<const std::byte> rows,
                      const std::vector<int>& order, ggml_type type) {
  const int length = model.embedding_length;
  const std::size_t bytes = hotset::packed_row_bytes(type, length);
  std::vector<std::byte> expected(bytes);
  for (std::size_t place = 0; place < order.size(); ++place) {
    hotset::pack_row(type, matrix + ggml_row_size(type, length) * static_cast<std::size_t>(order[place]),
                     length, expected.data());
    REQUIRE(std::memcmp(rows.data() + bytes * place, expected.data(), bytes) == 0);
  }
}

/// The largest difference of a column to the model's, in units of the largest value of its block of 32.
double worst_difference(const ModelFile& model, const std::vector<float>& matrix,
                        const NeuronCache::Layer& layer, const std::vector<int>& order) {
  const auto length = static_cast<std::size_t>(model.embedding_length);
  const std::size_t bytes = ggml_row_size(layer.types.down, model.embedding_length);
  std::vector<float> row(length);
  double worst = 0.0;
  for (std::size_t place = 0; place < order.size(); ++place) {
    const std::byte* stored = layer.downs.data() + bytes * place;
    if (layer.types.down == GGML_TYPE_F32) {
      std::memcpy(row.data(), stored, bytes);
    } else {
      ggml_get_type_traits(layer.types.down)->to_float(stored, row.data(), model.embedding_length);
    }
    for (std::size_t block = 0; block < length; block += 32) {
      double largest = 0.0;
      double difference = 0.0;
      for (std::size_t i = block; i < block + 32; ++i) {
        const double expected = matrix[i * order.size() + static_cast<std::size_t>(order[place])];
        largest = std::max(largest, std::abs(expected));
        difference = std::max(difference, std::abs(static_cast<double>(row[i]) - expected));
      }
      if (largest > 0.0) worst = std::max(worst, difference / largest);
    }
  }
  return worst;
}

}  // namespace

TEST_CASE("rows that a model has no tensor of are told of by its name") {
  const ScratchFile file;
  write_synthetic_model(SyntheticModel{}, file.path());
  ModelFile model = ModelFile::open(file.path());
  model.tensors.erase("blk.0.ffn_gate.weight");
  const std::string reason =
      file.path().string() + ": it has no blk.0.ffn_gate.weight; choose the mode dense";
  CHECK_THROWS_WITH_AS(hotset::row_types(model, 0), reason.c_str(), hotset::Error);
}

TEST_CASE("a cache holds the model's rows in the asked order, columns as good as lossless") {
  for (const ggml_type type : {GGML_TYPE_F32, GGML_TYPE_F16, GGML_TYPE_BF16, GGML_TYPE_Q8_0, GGML_TYPE_Q4_0,
                               GGML_TYPE_Q4_K, GGML_TYPE_Q6_K}) {
    CAPTURE(std::string(ggml_type_name(type)));
    const ScratchFile file;
    const ScratchFile cached(".neurons.gguf");
    write_synthetic_model(small_model(type), file.path());
    const ModelFile model = ModelFile::open(file.path());
    const NeuronOrders orders = some_orders(model);
    build(model, orders, cached.path());
    const auto cache = NeuronCache::open(cached.path(), model, orders);

    const MappedFile bytes(file.path());
    const bool quantised = ggml_is_quantized(type);
    for (int layer = 0; layer < model.layers; ++layer) {
      const std::string prefix = "blk." + std::to_string(layer) + ".";
      const auto& order = orders[static_cast<std::size_t>(layer)];
      const NeuronCache::Layer& rows = cache->layer(layer);
      CHECK(rows.types.input == type);
      CHECK(rows.types.down == (quantised ? GGML_TYPE_Q8_0 : type));
      const auto matrix = [&](const char* name) {
        return bytes.bytes().data() + model.tensors.at(prefix + name).offset;
      };
      check_input_rows(model, matrix("ffn_gate.weight"), rows.gates, order, type);
      check_input_rows(model, matrix("ffn_up.weight"), rows.ups, order, type);
      const auto down = hotset::test::matrix(model, prefix + "ffn_down.weight");
      // Half a level of 127, and the scale's own rounding to F16.
      CHECK(worst_difference(model, down, rows, order) <= (quantised ? 0.5 / 127 + 1e-3 : 0.0));
    }
  }
}

TEST_CASE("rows of five bits are kept in eight, and mean exactly the same") {
  const ScratchFile file;
  const ScratchFile cached(".neurons.gguf");
  write_synthetic_model(small_model(GGML_TYPE_Q5_0), file.path());
  const ModelFile model = ModelFile::open(file.path());
  const NeuronOrders orders = some_orders(model);
  build(model, orders, cached.path());
  const auto cache = NeuronCache::open(cached.path(), model, orders);
  const auto length = static_cast<std::size_t>(model.embedding_length);
  std::vector<float> stored(length);
  for (int layer = 0; layer < model.layers; ++layer) {
    const auto& order = orders[static_cast<std::size_t>(layer)];
    const NeuronCache::Layer& rows = cache->layer(layer);
    REQUIRE(rows.types.input == GGML_TYPE_Q8_0);
    const auto matrix = hotset::test::matrix(model, "blk." + std::to_string(layer) + ".ffn_gate.weight");
    for (std::size_t place = 0; place < order.size(); ++place) {
      const std::byte* row =
          rows.gates.data() + ggml_row_size(GGML_TYPE_Q8_0, model.embedding_length) * place;
      ggml_get_type_traits(GGML_TYPE_Q8_0)->to_float(row, stored.data(), model.embedding_length);
      const auto expected =
          std::span(matrix).subspan(static_cast<std::size_t>(order[place]) * length, length);
      REQUIRE(std::ranges::equal(stored, expected));
    }
  }
}

TEST_CASE("any number of threads writes the same cache") {
  const ScratchFile file;
  const ScratchFile one(".neurons.gguf");
  const ScratchFile three(".neurons.gguf");
  write_synthetic_model(small_model(GGML_TYPE_Q4_0), file.path());
  const ModelFile model = ModelFile::open(file.path());
  build_neuron_cache(model, some_orders(model), 1, one.path(), [](double) {});
  build_neuron_cache(model, some_orders(model), 3, three.path(), [](double) {});
  CHECK(content_of(one.path()) == content_of(three.path()));
}

TEST_CASE("a cache of another model or order is not used") {
  const ScratchFile file;
  const ScratchFile other;
  const ScratchFile cached(".neurons.gguf");
  SyntheticModel description = small_model(GGML_TYPE_Q8_0);
  write_synthetic_model(description, file.path());
  description.seed = 2;
  write_synthetic_model(description, other.path());
  const ModelFile model = ModelFile::open(file.path());
  NeuronOrders orders = some_orders(model);
  build(model, orders, cached.path());
  CHECK(opens(cached.path(), model, orders));
  CHECK_FALSE(opens(cached.path(), ModelFile::open(other.path()), orders));
  std::swap(orders[1][0], orders[1][1]);
  CHECK_FALSE(opens(cached.path(), model, orders));
  CHECK_FALSE(opens(file.path(), model, orders));
}

TEST_CASE(
    "a cache that is cut, has a flipped bit in its header or other bytes in its rows is never a crash") {
  const ScratchFile file;
  const ScratchFile cached(".neurons.gguf");
  write_synthetic_model(small_model(GGML_TYPE_Q8_0), file.path());
  const ModelFile model = ModelFile::open(file.path());
  const NeuronOrders orders = some_orders(model);
  build(model, orders, cached.path());
  const std::vector<char> whole = content_of(cached.path());
  const std::uint64_t header = [&] {
    std::uint64_t begin = whole.size();
    for (const auto& [name, info] : ModelFile::open_tensors(cached.path()).tensors)
      begin = std::min(begin, info.offset);
    return begin;
  }();

  const ScratchFile bad(".neurons.gguf");
  for (std::size_t length = 0; length < whole.size(); length += length < header ? 13 : 9973) {
    write_content(bad.path(), whole, length);
    CHECK_FALSE(opens(bad.path(), model, orders));
  }
  int refused = 0;
  for (std::size_t offset = 0; offset < header; offset += 3) {
    std::vector<char> changed(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(header));
    changed[offset] = static_cast<char>(changed[offset] ^ (1 << (offset % 8)));
    std::fstream stream(cached.path(), std::ios::binary | std::ios::in | std::ios::out);
    stream.write(changed.data(), static_cast<std::streamsize>(changed.size()));
    stream.close();
    if (!opens(cached.path(), model, orders)) ++refused;
  }
  CHECK(refused > 100);
  std::vector<char> damaged = whole;
  damaged[damaged.size() / 2] ^= 1;
  write_content(bad.path(), damaged, damaged.size());
  CHECK_FALSE(opens(bad.path(), model, orders));
}

TEST_CASE("work that is given up leaves nothing behind") {
  const ScratchFile file;
  write_synthetic_model(small_model(GGML_TYPE_F16), file.path());
  const ModelFile model = ModelFile::open(file.path());
  const ScratchFile folder("");
  std::filesystem::create_directory(folder.path());
  const auto path = folder.path() / "model.neurons.gguf";
  const auto give_up = [](double) { throw Error(hotset::ErrorKind::kBadInput, "loading was given up"); };
  CHECK_THROWS_WITH_AS(build_neuron_cache(model, some_orders(model), 2, path, give_up),
                       "loading was given up", Error);
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("a folder that does not exist is one clear line") {
  const ScratchFile file;
  write_synthetic_model(small_model(GGML_TYPE_F16), file.path());
  const ModelFile model = ModelFile::open(file.path());
  const auto path = file.path().string() + ".none/model.neurons.gguf";
  CHECK_THROWS_WITH_AS(build(model, some_orders(model), path), doctest::Contains("cannot be written"), Error);
}

TEST_CASE("a cache is built once, used again, and rebuilt with one line in the log where it does not fit") {
  const ScratchFile folder("");
  std::filesystem::create_directory(folder.path());
  const auto path = folder.path() / "model.gguf";
  SyntheticModel description = small_model(GGML_TYPE_Q4_0);
  write_synthetic_model(description, path);
  const ModelFile model = ModelFile::open(path);
  const NeuronOrders orders = some_orders(model);
  int lines = 0;
  int steps = 0;
  const hotset::LogSubscription log([&](hotset::LogLevel, std::string_view) { ++lines; });
  const auto open = [&] {
    lines = 0;
    steps = 0;
    return open_or_build_neuron_cache(model, orders, 1, [&](double) { ++steps; });
  };

  CHECK(open()->path() == folder.path() / "model.neurons.gguf");
  CHECK(steps == 2);
  CHECK(lines == 1);
  CHECK(open() != nullptr);
  CHECK(steps == 0);
  CHECK(lines == 0);
  std::filesystem::resize_file(folder.path() / "model.neurons.gguf", 100'000);
  CHECK(open() != nullptr);
  CHECK(steps == 2);
  CHECK(lines == 1);
  std::filesystem::remove_all(folder.path());
}
