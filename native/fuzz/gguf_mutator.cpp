#include "gguf_mutator.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <functional>
#include <limits>

#include "ggml.h"
#include "known_names.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t longest);

namespace hotset::fuzz {
namespace {

std::size_t below(std::size_t count, Chance& chance) { return count == 0 ? 0 : chance() % count; }
bool one_in(std::size_t count, Chance& chance) { return below(count, chance) == 0; }

template <typename Range>
auto& any_of(Range& range, Chance& chance) {
  return range[below(std::size(range), chance)];
}

/// Where counts, sizes and offsets go wrong.
std::uint64_t telling_number(Chance& chance) {
  constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
  static constexpr std::array<std::uint64_t, 26> kNumbers = {
      0,          1,          2,          3,          7,           31,          32,        33,
      64,         255,        256,        512,        513,         0x7FFF,      0xFFFF,    0x10000,
      0x10000000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1ULL << 32U, 1ULL << 60U, kMost / 2, kMost / 2 + 1,
      kMost - 31, kMost};
  return any_of(kNumbers, chance);
}

std::uint64_t changed(std::uint64_t value, Chance& chance) {
  switch (below(6, chance)) {
    case 0:
      return value + 1;
    case 1:
      return value - 1;
    case 2:
      return value * 2;
    case 3:
      return value / 2;
    case 4:
      return value ^ (1ULL << below(64, chance));
    default:
      return telling_number(chance);
  }
}

float telling_float(Chance& chance) {
  using Limits = std::numeric_limits<float>;
  static constexpr std::array kFloats = {0.0F,
                                         -0.0F,
                                         1.0F,
                                         -1.0F,
                                         0.5F,
                                         2.0F,
                                         Limits::max(),
                                         Limits::min(),
                                         Limits::lowest(),
                                         1e-40F,
                                         1e30F,
                                         Limits::infinity(),
                                         -Limits::infinity(),
                                         Limits::quiet_NaN()};
  return any_of(kFloats, chance);
}

/// Of a number that lies in the bytes: none is wider, and of what is none nothing is read.
bool is_number(const Bytes& bytes, std::size_t at, std::size_t width) {
  return width > 0 && width <= sizeof(std::uint64_t) && at + width <= bytes.size();
}

void put(Bytes& bytes, std::size_t at, std::uint64_t value, std::size_t width) {
  if (is_number(bytes, at, width)) std::memcpy(bytes.data() + at, &value, width);
}

std::uint64_t get(const Bytes& bytes, std::size_t at, std::size_t width) {
  std::uint64_t value = 0;
  if (is_number(bytes, at, width)) std::memcpy(&value, bytes.data() + at, width);
  return value;
}

/// Any bytes, as libFuzzer changes them.
void change_bytes(Bytes& bytes, std::size_t longest) {
  const std::size_t size = bytes.size();
  bytes.resize(std::max(longest, size + 1));
  bytes.resize(LLVMFuzzerMutate(bytes.data(), size, bytes.size()));
}

std::string any_text(Chance& chance) {
  if (!one_in(4, chance)) return std::string(any_of(kKnownTexts, chance));
  Bytes bytes;
  change_bytes(bytes, 24);
  return {bytes.begin(), bytes.end()};
}

Bytes text_value(const std::string& text) {
  Bytes bytes(8);
  put(bytes, 0, text.size(), 8);
  bytes.insert(bytes.end(), text.begin(), text.end());
  return bytes;
}

std::size_t width_of(std::uint32_t type) {
  static constexpr std::array<std::size_t, GGUF_TYPE_COUNT> kWidths = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
  return type < kWidths.size() ? kWidths[type] : 0;
}

std::uint64_t element_bits(std::uint32_t type, std::uint64_t old, Chance& chance) {
  if (type == GGUF_TYPE_FLOAT32) return std::bit_cast<std::uint32_t>(telling_float(chance));
  if (type == GGUF_TYPE_FLOAT64)
    return std::bit_cast<std::uint64_t>(static_cast<double>(telling_float(chance)));
  return changed(old, chance);
}

constexpr std::size_t kArrayHead = 12;  // type and count of its elements

struct Place {
  std::size_t begin;
  std::size_t end;
};

/// Of the elements of an array in its bytes.
std::vector<Place> elements_of(const Bytes& array) {
  std::vector<Place> places;
  const auto type = static_cast<std::uint32_t>(get(array, 0, 4));
  const std::size_t width = width_of(type);
  std::size_t at = kArrayHead;
  while (at < array.size()) {
    const std::size_t size = type == GGUF_TYPE_STRING ? 8 + get(array, at, 8) : width;
    if (size == 0 || size > array.size() - at) break;
    places.push_back({at, at + size});
    at += size;
  }
  return places;
}

/// How many stand before it.
std::uint64_t number_of(const std::vector<Place>& places, Place place) {
  const auto found =
      std::find_if(places.begin(), places.end(), [&](Place other) { return other.begin == place.begin; });
  return static_cast<std::uint64_t>(found - places.begin());
}

void replace(Bytes& bytes, Place place, const Bytes& by) {
  const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(place.begin);
  const auto next = bytes.erase(first, bytes.begin() + static_cast<std::ptrdiff_t>(place.end));
  bytes.insert(next, by.begin(), by.end());
}

Bytes copy_of(const Bytes& bytes, Place place) {
  return {bytes.begin() + static_cast<std::ptrdiff_t>(place.begin),
          bytes.begin() + static_cast<std::ptrdiff_t>(place.end)};
}

void break_array(Bytes& array, Chance& chance) {
  array.resize(std::max(array.size(), kArrayHead));
  const auto type = static_cast<std::uint32_t>(get(array, 0, 4));
  const std::vector<Place> places = elements_of(array);
  if (one_in(12, chance)) return put(array, 0, chance() % (GGUF_TYPE_COUNT + 1), 4);
  if (one_in(12, chance)) return put(array, 4, changed(places.size(), chance), 8);
  if (places.empty()) return;
  const Place place = any_of(places, chance);
  switch (below(6, chance)) {
    case 0:  // one more
      replace(array, {place.end, place.end}, copy_of(array, place));
      return put(array, 4, places.size() + 1, 8);
    case 1:  // one less
      replace(array, place, {});
      return put(array, 4, places.size() - 1, 8);
    case 2:  // the rest cut off
      array.resize(place.begin);
      return put(array, 4, number_of(places, place), 8);
    case 3:
      return replace(array, place, copy_of(array, any_of(places, chance)));
    default:
      if (type == GGUF_TYPE_STRING) return replace(array, place, text_value(any_text(chance)));
      const std::size_t width = width_of(type);
      put(array, place.begin, element_bits(type, get(array, place.begin, width), chance), width);
  }
}

void set_type(GgufKey& key, Chance& chance) {
  key.type = static_cast<std::uint32_t>(chance() % (GGUF_TYPE_COUNT + 1));
  if (key.type == GGUF_TYPE_STRING)
    key.value = text_value(any_text(chance));
  else if (key.type == GGUF_TYPE_ARRAY)
    key.value.assign(kArrayHead, 0);
  else
    key.value.resize(width_of(key.type));
}

void break_value(GgufKey& key, Chance& chance) {
  if (one_in(8, chance)) return set_type(key, chance);
  if (key.type == GGUF_TYPE_ARRAY) return break_array(key.value, chance);
  if (key.type != GGUF_TYPE_STRING) {
    const std::size_t width = key.value.size();
    return put(key.value, 0, element_bits(key.type, get(key.value, 0, width), chance), width);
  }
  if (one_in(10, chance)) return put(key.value, 0, changed(key.value.size() - 8, chance), 8);
  key.value = text_value(any_text(chance));
}

void break_keys(GgufImage& image, Chance& chance) {
  auto& keys = image.keys;
  if (keys.empty() || one_in(6, chance)) {
    GgufKey key{.name = std::string(any_of(kKnownKeys, chance)), .value = Bytes(4)};
    if (!one_in(2, chance)) set_type(key, chance);
    if (key.type != GGUF_TYPE_STRING) break_value(key, chance);
    keys.push_back(std::move(key));
    return;
  }
  const std::size_t at = below(keys.size(), chance);
  switch (below(12, chance)) {
    case 0:
      keys.erase(keys.begin() + static_cast<std::ptrdiff_t>(at));
      return;
    case 1:
      keys[at].name = one_in(3, chance) ? any_of(keys, chance).name : std::string(any_of(kKnownKeys, chance));
      return;
    case 2:
      keys[at].value = GgufKey(any_of(keys, chance)).value;
      return;
    default:
      break_value(keys[at], chance);
  }
}

void break_tensors(GgufImage& image, Chance& chance) {
  auto& tensors = image.tensors;
  if (tensors.empty()) return;
  const std::size_t at = below(tensors.size(), chance);
  GgufTensor& tensor = tensors[at];
  switch (below(9, chance)) {
    case 0:
      tensors.erase(tensors.begin() + static_cast<std::ptrdiff_t>(at));
      return;
    case 1:
      tensors.push_back(tensor);
      tensors.back().name =
          one_in(4, chance) ? tensors.back().name : std::string(any_of(kKnownTensors, chance));
      return;
    case 2:
      tensor.name =
          one_in(2, chance) ? any_of(tensors, chance).name : std::string(any_of(kKnownTensors, chance));
      return;
    case 3:
    case 4:
      tensor.type = static_cast<std::uint32_t>(chance() % (GGML_TYPE_COUNT + 1));
      return;
    case 5:
      tensor.offset = one_in(2, chance) ? any_of(tensors, chance).offset : changed(tensor.offset, chance);
      return;
    case 6:
      if (one_in(2, chance) && !tensor.shape.empty())
        tensor.shape.pop_back();
      else
        tensor.shape.push_back(telling_number(chance));
      return;
    case 7:
      tensor.shape = GgufTensor(any_of(tensors, chance)).shape;
      return;
    default:
      if (!tensor.shape.empty()) {
        std::uint64_t& extent = any_of(tensor.shape, chance);
        extent = changed(extent, chance);
      }
  }
}

void break_data(GgufImage& image, Chance& chance) {
  if (image.data.empty()) return;
  const std::size_t at = below(image.data.size(), chance) / 4 * 4;
  if (one_in(6, chance)) {
    image.data.resize(at);
  } else if (one_in(2, chance)) {
    put(image.data, at, std::bit_cast<std::uint32_t>(telling_float(chance)), 4);
  } else {
    put(image.data, at, chance(), 1U << below(4, chance));
  }
}

/// All keys of the architecture go with its name.
void change_architecture(GgufImage& image, Chance& chance) {
  const std::string name(any_of(kKnownArchitectures, chance));
  std::string old;
  for (GgufKey& key : image.keys) {
    if (key.name != "general.architecture" || key.value.size() < 8) continue;
    old.assign(key.value.begin() + 8, key.value.end());
    key.value = text_value(name);
  }
  for (GgufKey& key : image.keys) {
    if (!old.empty() && key.name.starts_with(old + ".")) key.name = name + key.name.substr(old.size());
  }
}

void break_head(GgufImage& image, Chance& chance) {
  if (one_in(2, chance)) return change_architecture(image, chance);
  if (one_in(2, chance))
    image.version = static_cast<std::uint32_t>(changed(image.version, chance));
  else
    image.magic = one_in(2, chance) ? std::array{'P', 'W', 'R', 'I'} : std::array{'G', 'G', 'U', 'F'};
}

void break_field(GgufImage& image, Chance& chance) {
  switch (below(16, chance)) {
    case 0:
      return break_head(image, chance);
    case 1:
    case 2:
    case 3:
      return break_data(image, chance);
    case 4:
    case 5:
    case 6:
    case 7:
      return break_tensors(image, chance);
    default:
      return break_keys(image, chance);
  }
}

Bytes fitted(Bytes bytes, std::size_t longest) {
  if (bytes.size() > longest) bytes.resize(longest);
  return bytes;
}

}  // namespace

void break_fields(GgufImage& image, Chance& chance) {
  const std::size_t count = 1 + below(4, chance) * below(2, chance);
  for (std::size_t i = 0; i < count; ++i) break_field(image, chance);
  if (!one_in(8, chance)) image.lay_out();
  if (!one_in(8, chance)) image.sign();
}

Bytes broken(std::span<const std::uint8_t> bytes, std::size_t longest, Chance& chance) {
  auto image = GgufImage::parse(bytes);
  if (image && !one_in(16, chance)) {
    break_fields(*image, chance);
    return fitted(image->bytes(), longest);
  }
  Bytes any(bytes.begin(), bytes.end());
  change_bytes(any, longest);
  return fitted(std::move(any), longest);
}

Bytes crossed(std::span<const std::uint8_t> one, std::span<const std::uint8_t> other, std::size_t longest,
              Chance& chance) {
  auto image = GgufImage::parse(one);
  const auto giver = GgufImage::parse(other);
  if (!image || !giver || giver->keys.empty()) return fitted({one.begin(), one.end()}, longest);
  for (std::size_t i = 0; i <= below(4, chance); ++i) {
    const GgufKey& key = any_of(giver->keys, chance);
    const auto same = std::find_if(image->keys.begin(), image->keys.end(),
                                   [&](const GgufKey& own) { return own.name == key.name; });
    if (same == image->keys.end())
      image->keys.push_back(key);
    else
      *same = key;
  }
  return fitted(image->bytes(), longest);
}

}  // namespace hotset::fuzz
