#include "hybrid/weights/neuron_cache.h"

#include <algorithm>
#include <fstream>
#include <optional>
#include <utility>

#include "error.h"
#include "gguf/derived_file.h"
#include "gguf/fingerprint.h"
#include "kernels/packing.h"

namespace hotset {
namespace {

/// The version is of the layout of the file and of packed rows.
constexpr DerivedKind kKind{.architecture = "hotset.neurons", .version = 1};
constexpr const char* kOrderKey = "hotset.neurons.order_fingerprint";
constexpr const char* kInputTypesKey = "hotset.neurons.input_types";
constexpr const char* kDownTypesKey = "hotset.neurons.down_types";

std::string prefix_of(int layer) { return "blk." + std::to_string(layer) + "."; }

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what) {
  throw Error(ErrorKind::kBadModel, path.string() + ": " + what);
}

/// The type of rows that is called `name`; only those that ggml converts have a size and kernels.
std::optional<ggml_type> type_named(const std::string& name) {
  for (int i = 0; i < GGML_TYPE_COUNT; ++i) {
    const auto type = static_cast<ggml_type>(i);
    if (ggml_type_name(type) == nullptr || name != ggml_type_name(type)) continue;
    if (type == GGML_TYPE_F32 || ggml_get_type_traits(type)->to_float != nullptr) return type;
  }
  return std::nullopt;
}

class Reader {
 public:
  Reader(const std::filesystem::path& path, const ModelFile& model)
      : model_(model), derived_(path, kKind, model) {}

  std::uint64_t size_bytes() const { return derived_.file().size_bytes; }

  void check_origin(const NeuronOrders& orders) const {
    if (derived_.metadata().text(kOrderKey) != order_fingerprint(orders))
      derived_.fail("has the neurons in another order");
    derived_.check_data();
  }

  NeuronCache::Layer read_layer(int layer, std::span<const std::byte> bytes) const {
    const std::string prefix = prefix_of(layer);
    const RowTypes types{.input = type_of(kInputTypesKey, layer), .down = type_of(kDownTypesKey, layer)};
    if (types.input != row_types(model_, layer).input) derived_.fail("has rows of another type");
    return {.types = types,
            .gates = rows(prefix + "gate", types.input, bytes),
            .ups = rows(prefix + "up", types.input, bytes),
            .downs = rows(prefix + "down_t", types.down, bytes)};
  }

 private:
  ggml_type type_of(const char* key, int layer) const {
    const Metadata& metadata = derived_.metadata();
    const std::int64_t id = gguf_find_key(metadata.context(), key);
    if (metadata.array_length(key) == static_cast<std::size_t>(model_.layers) &&
        gguf_get_arr_type(metadata.context(), id) == GGUF_TYPE_STRING) {
      const auto type = type_named(gguf_get_arr_str(metadata.context(), id, static_cast<std::size_t>(layer)));
      if (type && model_.embedding_length % ggml_blck_size(*type) == 0) return *type;
    }
    derived_.fail(std::string(key) + " names no type of rows for layer " + std::to_string(layer));
  }

  std::span<const std::byte> rows(const std::string& name, ggml_type type,
                                  std::span<const std::byte> bytes) const {
    const std::size_t expected = packed_row_bytes(type, model_.embedding_length) *
                                 static_cast<std::size_t>(model_.feed_forward_length);
    const auto& tensors = derived_.file().tensors;
    const auto found = tensors.find(name);
    if (found == tensors.end() || found->second.size != expected) {
      derived_.fail(name + " does not hold " + std::to_string(expected) + " bytes");
    }
    return bytes.subspan(found->second.offset, expected);
  }

  const ModelFile& model_;
  DerivedFile derived_;
};

void set_types(gguf_context* keys, const char* key, const std::vector<RowTypes>& types,
               ggml_type RowTypes::*which) {
  std::vector<const char*> names;
  names.reserve(types.size());
  for (const RowTypes& layer : types) names.push_back(ggml_type_name(layer.*which));
  gguf_set_arr_str(keys, key, names.data(), names.size());
}

}  // namespace

std::string order_fingerprint(const NeuronOrders& orders) {
  std::uint64_t hash = fnv1a({});
  for (const auto& order : orders) hash = fnv1a(bytes_of(order), hash);
  return hexadecimal(hash);
}

std::unique_ptr<NeuronCache> NeuronCache::open(const std::filesystem::path& path, const ModelFile& model,
                                               const NeuronOrders& orders) {
  const Reader reader(path, model);
  reader.check_origin(orders);
  std::unique_ptr<NeuronCache> cache(new NeuronCache(path));
  if (cache->size_bytes() != reader.size_bytes()) fail(path, "is being changed");
  for (int layer = 0; layer < model.layers; ++layer) {
    cache->layers_.push_back(reader.read_layer(layer, cache->file_.bytes()));
  }
  return cache;
}

NeuronCacheWriter::NeuronCacheWriter(const std::filesystem::path& path, const ModelFile& model,
                                     NeuronOrders orders, const std::vector<RowTypes>& types)
    : file_(path), orders_(std::move(orders)) {
  gguf_context* keys = file_.keys();
  begin_derived(file_, kKind);
  gguf_set_val_str(keys, kOrderKey, order_fingerprint(orders_).c_str());
  set_types(keys, kInputTypesKey, types, &RowTypes::input);
  set_types(keys, kDownTypesKey, types, &RowTypes::down);

  const std::int64_t neurons = model.feed_forward_length;
  for (int layer = 0; layer < model.layers; ++layer) {
    const RowTypes& own = types[static_cast<std::size_t>(layer)];
    const std::string prefix = prefix_of(layer);
    const std::size_t input = input_row_bytes(model, own);
    const std::size_t down = down_row_bytes(model, own);
    const auto plan = [&](const char* name, std::size_t row_bytes) {
      return file_.plan(prefix + name, GGML_TYPE_I8, {static_cast<std::int64_t>(row_bytes) * neurons});
    };
    layers_.push_back({.order = file_.plan(prefix + "order", GGML_TYPE_I32, {neurons}),
                       .gate = plan("gate", input),
                       .up = plan("up", input),
                       .down = plan("down_t", down),
                       .input_row_bytes = input,
                       .down_row_bytes = down});
  }
}

void NeuronCacheWriter::begin() {
  file_.begin();
  for (std::size_t i = 0; i < layers_.size(); ++i) file_.write(layers_[i].order, 0, bytes_of(orders_[i]));
}

void NeuronCacheWriter::write(int layer, std::size_t first, const PackedRows& rows) {
  const LayerTensors& tensors = layers_[static_cast<std::size_t>(layer)];
  file_.write(tensors.gate, first * tensors.input_row_bytes, rows.gates);
  file_.write(tensors.up, first * tensors.input_row_bytes, rows.ups);
  file_.write(tensors.down, first * tensors.down_row_bytes, rows.downs);
}

void NeuronCacheWriter::finish(const std::string& fingerprint) { finish_derived(file_, kKind, fingerprint); }

}  // namespace hotset
