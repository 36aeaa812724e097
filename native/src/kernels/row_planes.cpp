#include "kernels/row_planes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "kernels/ggml_levels.h"
#include "kernels/group_lines.h"
#include "kernels/plane_formats.h"
#include "kernels/row_groups.h"

namespace hotset {
namespace {

using Scales = std::array<float, 2>;  ///< of the halves of a block

/// How a type's blocks are read from ggml's.
struct Q80Source {
  using Division = Q8_0Planes;
  static constexpr ggml_type kType = GGML_TYPE_Q8_0;

  static Levels levels(Bytes unit, std::size_t block) { return q8_0_levels(at(unit, block) + 2); }
  static Scales scales(Bytes unit, std::size_t block) {
    const float scale = ggml_fp16_to_fp32(reinterpret_cast<const Q8Block*>(at(unit, block))->scale);
    return {scale, scale};
  }
  static void put_scales(Bytes unit, const Place& place) {
    for (std::size_t block = 0; block < 2; ++block) place.put_half(block * kHalvesBytes, at(unit, block));
  }

 private:
  static Bytes at(Bytes unit, std::size_t block) { return unit + block * sizeof(Q8Block); }
};

struct Q6KSource {
  using Division = Q6KPlanes;
  static constexpr ggml_type kType = GGML_TYPE_Q6_K;

  static Levels levels(Bytes unit, std::size_t block) { return q6_k_levels(weights(unit), block); }
  static Scales scales(Bytes unit, std::size_t block) {
    const float scale = ggml_fp16_to_fp32(weights(unit).scale);
    return {scale * static_cast<float>(weights(unit).groups[2 * block]),
            scale * static_cast<float>(weights(unit).groups[2 * block + 1])};
  }
  static void put_scales(Bytes unit, const Place& place) {
    place.put_half(0, reinterpret_cast<Bytes>(&weights(unit).scale));
    for (std::size_t half = 0; half < 16; ++half) {
      place.put_byte(Q6KGroup::kScalesAt + half * 16, static_cast<std::uint8_t>(weights(unit).groups[half]));
    }
  }

 private:
  static const Q6KBlock& weights(Bytes unit) { return *reinterpret_cast<const Q6KBlock*>(unit); }
};

/// Squared lengths of a row, of what its coarse plane stands for, and of the difference.
struct Lengths {
  double whole = 0.0;
  double coarse = 0.0;
  double fine = 0.0;

  template <class Division>
  void add(const Levels& levels, const Scales& scales) {
    constexpr int kAll = 1 << Division::kFineBits;
    for (std::size_t i = 0; i < levels.size(); ++i) {
      const double scale = scales[i / 16];
      const int level = levels[i];
      const double value = scale * (level - (1 << Division::Whole::kOffsetBits));
      const int twice = 2 * (level - level % kAll) - Division::kTwiceOffset;
      const double near = scale * 0.5 * twice;
      whole += value * value;
      coarse += near * near;
      fine += (value - near) * (value - near);
    }
  }

  /// What a product errs by, for a column of length 1: the fine plane, and the rounding of both sums, each
  /// added up in at most one step for 16 weights. A step rounds by 2^-24 of the magnitudes so far, which are
  /// at most the product of the lengths; twice that leaves room for what scales are rounded by.
  float error(int length) const {
    const double steps = length / 16.0 + 8.0;
    const double rounding = std::ldexp(steps, -23) * (std::sqrt(whole) + std::sqrt(coarse));
    return static_cast<float>((std::sqrt(fine) + rounding) * (1.0 + 1e-6));
  }
};

struct PlaneType {
  ggml_type type;
  std::size_t unit_weights;
  std::size_t coarse_unit;
  std::size_t fine_unit;
  void (*pack_coarse)(Bytes unit, const Place& place);
  void (*pack_fine)(Bytes unit, const Place& place);
  void (*measure)(Bytes unit, Lengths& lengths);
};

template <class Source>
void pack_coarse_unit(Bytes unit, const Place& place) {
  using Division = typename Source::Division;
  Source::put_scales(unit, place);
  for (std::size_t block = 0; block < Division::Whole::kBlocks; ++block) {
    put_lines<Division::kCoarseBits>(
        Source::levels(unit, block), Division::kFineBits, place.row,
        place.unit + Division::Whole::kFrontBytes + block * Division::kCoarseBlockBytes);
  }
}

template <class Source>
void pack_fine_unit(Bytes unit, const Place& place) {
  using Division = typename Source::Division;
  for (std::size_t block = 0; block < Division::Whole::kBlocks; ++block) {
    put_lines<Division::kFineBits>(Source::levels(unit, block), 0, place.row,
                                   place.unit + block * Division::kFineBlockBytes);
  }
}

template <class Source>
void measure_unit(Bytes unit, Lengths& lengths) {
  using Division = typename Source::Division;
  for (std::size_t block = 0; block < Division::Whole::kBlocks; ++block) {
    lengths.template add<Division>(Source::levels(unit, block), Source::scales(unit, block));
  }
}

template <class Source>
constexpr PlaneType entry() {
  using Division = typename Source::Division;
  return {.type = Source::kType,
          .unit_weights = Division::Whole::kBlocks * 32,
          .coarse_unit = Division::kCoarseBytes,
          .fine_unit = Division::kFineBytes,
          .pack_coarse = pack_coarse_unit<Source>,
          .pack_fine = pack_fine_unit<Source>,
          .measure = measure_unit<Source>};
}

constexpr std::array kTypes = {entry<Q80Source>(), entry<Q6KSource>()};

const PlaneType* find(ggml_type type) {
  const auto* found =
      std::find_if(kTypes.begin(), kTypes.end(), [&](const PlaneType& known) { return known.type == type; });
  return found == kTypes.end() ? nullptr : found;
}

std::size_t units_of(const PlaneType& type, int length) {
  return static_cast<std::size_t>(length) / type.unit_weights;
}

/// Calls visit(u, row, unit) for every unit of ggml's rows.
template <class Visit>
void each_unit(const PlaneType& type, const std::byte* source, int rows, int length, const Visit& visit) {
  const std::size_t row_bytes = ggml_row_size(type.type, length);
  const std::size_t unit_bytes = ggml_row_size(type.type, static_cast<std::int64_t>(type.unit_weights));
  for (std::size_t row = 0; row < static_cast<std::size_t>(rows); ++row) {
    for (std::size_t u = 0; u < units_of(type, length); ++u) {
      visit(u, row, reinterpret_cast<Bytes>(source + row * row_bytes + u * unit_bytes));
    }
  }
}

}  // namespace

bool can_split(ggml_type type, int length) {
  const PlaneType* known = find(type);
  return known != nullptr && static_cast<std::size_t>(length) % known->unit_weights == 0;
}

std::size_t coarse_bytes(ggml_type type, int length) {
  const PlaneType& known = *find(type);
  return kErrorBytes + units_of(known, length) * known.coarse_unit;
}

std::size_t fine_bytes(ggml_type type, int length) {
  const PlaneType& known = *find(type);
  return units_of(known, length) * known.fine_unit;
}

void pack_coarse(ggml_type type, const std::byte* source, int rows, int length, std::byte* group) {
  const PlaneType& known = *find(type);
  std::fill_n(group, coarse_bytes(type, length), std::byte{0});
  auto* units = reinterpret_cast<std::uint8_t*>(group + kErrorBytes);
  std::array<Lengths, kGroupRows> lengths;
  each_unit(known, source, rows, length, [&](std::size_t u, std::size_t row, Bytes unit) {
    known.pack_coarse(unit, {.unit = units + u * known.coarse_unit, .row = row});
    known.measure(unit, lengths[row]);
  });
  auto* errors = reinterpret_cast<float*>(group);
  for (std::size_t row = 0; row < static_cast<std::size_t>(rows); ++row) {
    errors[row] = lengths[row].error(length);
  }
}

void pack_fine(ggml_type type, const std::byte* source, int rows, int length, std::byte* group) {
  const PlaneType& known = *find(type);
  std::fill_n(group, fine_bytes(type, length), std::byte{0});
  auto* units = reinterpret_cast<std::uint8_t*>(group);
  each_unit(known, source, rows, length, [&](std::size_t u, std::size_t row, Bytes unit) {
    known.pack_fine(unit, {.unit = units + u * known.fine_unit, .row = row});
  });
}

}  // namespace hotset
