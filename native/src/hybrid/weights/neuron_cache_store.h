// Where neuron caches lie, and making one that is not there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "gguf/model_file.h"
#include "hybrid/weights/neuron_cache.h"
#include "progress.h"

namespace hotset {

/// Whether arranging the neurons at every load would take longer than it is worth: more than 256 MiB of
/// feed-forward weights.
bool deserves_neuron_cache(const ModelFile& model);

/// Where the cache of `model` may lie, the first choice first: beside the model, and where that folder cannot
/// be written in the user's cache folder.
std::vector<std::filesystem::path> neuron_cache_paths(const ModelFile& model);

/// Bytes of the cache that lies beside the model, unread; nullopt without one.
std::optional<std::uint64_t> neuron_cache_bytes(const ModelFile& model);

/// Writes the cache of `model` to `path`, a layer in memory at a time, on `threads` threads. What `progress`
/// throws ends the work and leaves nothing behind.
/// Throws Error: kBadInput where it cannot be written, kBadModel as row_types() does.
void build_neuron_cache(const ModelFile& model, const NeuronOrders& orders, int threads,
                        const std::filesystem::path& path, const Progress& progress);

/// The cache of `model`, built where there is none or one that does not fit, with one line in the log. Null,
/// with one warning, where none can be written. Throws what `progress` throws.
std::unique_ptr<NeuronCache> open_or_build_neuron_cache(const ModelFile& model, const NeuronOrders& orders,
                                                        int threads, const Progress& progress);

}  // namespace hotset
