#include "kernels/row_groups.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "kernels/ggml_grids.h"
#include "kernels/ggml_levels.h"
#include "kernels/group_formats.h"
#include "kernels/group_lines.h"

namespace hotset {
namespace {

template <class Format>
void put_levels(const Place& place, std::size_t block, const Levels& levels) {
  put_lines<Format::kBits>(levels, 0, place.row,
                           place.unit + Format::kFrontBytes + block * Format::kBlockBytes);
}

/// A half with its sign turned.
std::array<std::uint8_t, 2> turned_sign(Bytes half) {
  return {half[0], static_cast<std::uint8_t>(half[1] ^ 0x80U)};
}

/// Bytes of a block of ggml's with the given type of levels behind one or two halves.
constexpr std::size_t kQ4Bytes = 16;
constexpr std::size_t kFifthBytes = 4;

// One function for each type: writes ggml's blocks of one row to its place in a unit.

template <class Format>
void pack_four_bits(Bytes row, const Place& place) {
  for (std::size_t block = 0; block < 2; ++block, row += 2 + kQ4Bytes) {
    place.put_half(block * kHalvesBytes, row);
    put_levels<Format>(place, block, nibble_levels(row + 2));
  }
}

void pack_q4_1(Bytes row, const Place& place) {
  for (std::size_t block = 0; block < 2; ++block, row += 4 + kQ4Bytes) {
    place.put_half(block * kHalvesBytes, row);
    place.put_half((2 + block) * kHalvesBytes, turned_sign(row + 2).data());
    put_levels<Q4_1Group>(place, block, nibble_levels(row + 4));
  }
}

void pack_q5_0(Bytes row, const Place& place) {
  for (std::size_t block = 0; block < 2; ++block, row += 2 + kFifthBytes + kQ4Bytes) {
    place.put_half(block * kHalvesBytes, row);
    put_levels<Q5_0Group>(place, block, five_bit_levels(row + 2, row + 2 + kFifthBytes));
  }
}

void pack_q5_1(Bytes row, const Place& place) {
  for (std::size_t block = 0; block < 2; ++block, row += 4 + kFifthBytes + kQ4Bytes) {
    place.put_half(block * kHalvesBytes, row);
    place.put_half((2 + block) * kHalvesBytes, turned_sign(row + 2).data());
    put_levels<Q5_1Group>(place, block, five_bit_levels(row + 4, row + 4 + kFifthBytes));
  }
}

void pack_q8_0(Bytes row, const Place& place) {
  for (std::size_t block = 0; block < 2; ++block, row += sizeof(Q8Block)) {
    place.put_half(block * kHalvesBytes, row);
    put_levels<Q8_0Group>(place, block, q8_0_levels(row + 2));
  }
}

/// Scales and least values of Q4_K and Q5_K, which begin with the same 16 bytes.
void pack_k_scales(Bytes row, const Place& place) {
  place.put_half(0, row);
  place.put_half(kHalvesBytes, row + 2);
  for (std::size_t block = 0; block < 8; ++block) {
    const ScaleAndLeast both = k_scales(row + 4, block);
    place.put_byte(Q4KGroup::kLowAt + block * 16, (both.scale & 15U) | (both.least & 15U) << 4U);
    const unsigned high = both.scale >> 4U | both.least >> 4U << 2U;
    place.put_byte(Q4KGroup::kHighAt + block / 2 * 16, high << (block % 2 * 4));
  }
}

void pack_q4_k(Bytes row, const Place& place) {
  pack_k_scales(row, place);
  for (std::size_t block = 0; block < 8; ++block) {
    put_levels<Q4KGroup>(place, block, q4_k_levels(row + 16, block));
  }
}

void pack_q5_k(Bytes row, const Place& place) {
  pack_k_scales(row, place);
  for (std::size_t block = 0; block < 8; ++block) {
    put_levels<Q5KGroup>(place, block, q5_k_levels(row + 16, row + 48, block));
  }
}

void pack_q6_k(Bytes row, const Place& place) {
  const auto& weights = *reinterpret_cast<const Q6KBlock*>(row);
  place.put_half(0, reinterpret_cast<Bytes>(&weights.scale));
  for (std::size_t half = 0; half < 16; ++half) {
    place.put_byte(Q6KGroup::kScalesAt + half * 16, static_cast<std::uint8_t>(weights.groups[half]));
  }
  for (std::size_t block = 0; block < 8; ++block) {
    put_levels<Q6KGroup>(place, block, q6_k_levels(weights, block));
  }
}

/// 32 bytes of third bits, 64 of the others, 12 of scales, then the scale.
void pack_q3_k(Bytes row, const Place& place) {
  place.put_half(0, row + 108);
  for (std::size_t half = 0; half < 16; ++half) {
    place.put_byte(Q3KGroup::kScalesAt + half * 16, static_cast<std::uint8_t>(q3_k_scale(row + 96, half)));
  }
  for (std::size_t block = 0; block < 8; ++block) {
    put_levels<Q3KGroup>(place, block, q3_k_levels(row, row + 32, block));
  }
}

/// 16 bytes of scales and least values, 64 of levels, then scale and least value.
void pack_q2_k(Bytes row, const Place& place) {
  place.put_half(0, row + 80);
  place.put_half(kHalvesBytes, row + 82);
  for (std::size_t half = 0; half < 16; ++half) {
    place.put_byte(Q2KGroup::kScalesAt + half * 16, row[half]);
  }
  for (std::size_t block = 0; block < 8; ++block) {
    put_levels<Q2KGroup>(place, block, two_bit_levels(row + 16, block));
  }
}

/// The scale, two bytes of the scales' high bits, four of their low ones, 128 of levels.
void pack_iq4_xs(Bytes row, const Place& place) {
  place.put_half(0, row);
  for (std::size_t block = 0; block < 8; ++block) {
    place.put_byte(Iq4XsGroup::kScalesAt + block * 16,
                   static_cast<std::uint8_t>(iq4_xs_scale(row + 2, row + 4, block)));
    put_levels<Iq4XsGroup>(place, block, nibble_levels(row + 8 + block * kQ4Bytes));
  }
}

/// The scale, 64 bytes of the numbers of grid words, 8 of their ninth bits, 32 of signs, 4 of scales.
void pack_iq3_s(Bytes row, const Place& place) {
  place.put_half(0, row);
  for (std::size_t block = 0; block < 8; ++block) {
    const unsigned scale = row[106 + block / 2] >> (block % 2 * 4) & 15U;
    place.put_byte(Iq3SGroup::kScalesAt + block * 16, 2 * scale + 1);
    put_levels<Iq3SGroup>(place, block,
                          iq3_s_levels(row + 2 + 8 * block, row[66 + block], row + 74 + 4 * block));
  }
}

/// The scale, 64 bytes of the numbers of grid words, then for each block four times seven bits of signs and
/// four of its scale.
void pack_iq3_xxs(Bytes row, const Place& place) {
  place.put_half(0, row);
  for (std::size_t block = 0; block < 8; ++block) {
    std::uint32_t signs_and_scale = 0;
    std::memcpy(&signs_and_scale, row + 66 + 4 * block, sizeof signs_and_scale);
    place.put_byte(Iq3XxsGroup::kScalesAt + block * 16, 2 * (signs_and_scale >> 28U) + 1);
    put_levels<Iq3XxsGroup>(place, block, iq3_xxs_levels(row + 2 + 8 * block, signs_and_scale));
  }
}

/// The exponent of a power of two counts from -127, and values are kept doubled: one less. What lies below
/// F32's smallest normal number becomes zero.
void pack_mxfp4(Bytes row, const Place& place) {
  for (std::size_t block = 0; block < 2; ++block, row += 1 + kQ4Bytes) {
    place.put_byte(block * 16, row[0] > 0 ? row[0] - 1U : 0U);
    put_levels<Mxfp4Group>(place, block, nibble_levels(row + 1));
  }
}

void pack_values(Bytes row, const Place& place) {
  for (std::size_t i = 0; i < ValuesGroup::kBytes / kHalvesBytes; ++i) {
    place.put_half(i * kHalvesBytes, row + 2 * i);
  }
}

struct GroupType {
  ggml_type type;
  std::size_t unit_weights;
  std::size_t unit_bytes;
  void (*pack)(Bytes row, const Place& place);
};

template <class Format>
constexpr GroupType entry(ggml_type type, void (*pack)(Bytes, const Place&)) {
  return {.type = type, .unit_weights = Format::kBlocks * 32, .unit_bytes = Format::kBytes, .pack = pack};
}

constexpr std::array kTypes = {entry<Q4_0Group>(GGML_TYPE_Q4_0, pack_four_bits<Q4_0Group>),
                               entry<Q4_1Group>(GGML_TYPE_Q4_1, pack_q4_1),
                               entry<Q5_0Group>(GGML_TYPE_Q5_0, pack_q5_0),
                               entry<Q5_1Group>(GGML_TYPE_Q5_1, pack_q5_1),
                               entry<Q8_0Group>(GGML_TYPE_Q8_0, pack_q8_0),
                               entry<Q2KGroup>(GGML_TYPE_Q2_K, pack_q2_k),
                               entry<Q3KGroup>(GGML_TYPE_Q3_K, pack_q3_k),
                               entry<Q4KGroup>(GGML_TYPE_Q4_K, pack_q4_k),
                               entry<Q5KGroup>(GGML_TYPE_Q5_K, pack_q5_k),
                               entry<Q6KGroup>(GGML_TYPE_Q6_K, pack_q6_k),
                               entry<Iq4NlGroup>(GGML_TYPE_IQ4_NL, pack_four_bits<Iq4NlGroup>),
                               entry<Iq4XsGroup>(GGML_TYPE_IQ4_XS, pack_iq4_xs),
                               entry<Iq3SGroup>(GGML_TYPE_IQ3_S, pack_iq3_s),
                               entry<Iq3XxsGroup>(GGML_TYPE_IQ3_XXS, pack_iq3_xxs),
                               entry<Mxfp4Group>(GGML_TYPE_MXFP4, pack_mxfp4),
                               entry<ValuesGroup>(GGML_TYPE_F16, pack_values),
                               entry<ValuesGroup>(GGML_TYPE_BF16, pack_values)};

const GroupType* find(ggml_type type) {
  const auto* found =
      std::find_if(kTypes.begin(), kTypes.end(), [&](const GroupType& known) { return known.type == type; });
  return found == kTypes.end() ? nullptr : found;
}

std::size_t units_of(const GroupType& type, int length) {
  return static_cast<std::size_t>(length) / type.unit_weights;
}

}  // namespace

bool can_group(ggml_type type, int length) {
  const GroupType* known = find(type);
  return known != nullptr && static_cast<std::size_t>(length) % known->unit_weights == 0;
}

std::size_t group_bytes(ggml_type type, int length) {
  const GroupType& known = *find(type);
  return units_of(known, length) * known.unit_bytes;
}

void pack_group(ggml_type type, const std::byte* source, int rows, int length, std::byte* group) {
  const GroupType& known = *find(type);
  const std::size_t row_bytes = ggml_row_size(type, length);
  const std::size_t source_bytes = ggml_row_size(type, static_cast<std::int64_t>(known.unit_weights));
  std::fill_n(group, group_bytes(type, length), std::byte{0});
  for (std::size_t u = 0; u < units_of(known, length); ++u) {
    auto* unit = reinterpret_cast<std::uint8_t*>(group + u * known.unit_bytes);
    for (std::size_t row = 0; row < static_cast<std::size_t>(rows); ++row) {
      const std::byte* from = source + row * row_bytes + u * source_bytes;
      known.pack(reinterpret_cast<Bytes>(from), {.unit = unit, .row = row});
    }
  }
}

}  // namespace hotset
