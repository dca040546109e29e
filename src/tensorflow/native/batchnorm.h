// The loops of batch normalization by the batch's own moments, with what surrounds it in a network: an addition, and what the
// layer ends with. x is [rows, channels]; each way takes two passes over the data, where operation by operation it takes up to
// seven. The loops go along the channels, so that compilers vectorize them without reordering any sum.
#pragma once
#include <cstdint>
#include <cstring>
#include "ending.h"
#include "inline.h"

namespace slimlab {

// The upper half of a float.
struct Half { uint16_t bits; };

SLIMLAB_INLINE float Load(float value) { return value; }
SLIMLAB_INLINE float Load(Half value) {
  const uint32_t bits = uint32_t(value.bits) << 16;
  float wide;
  std::memcpy(&wide, &bits, sizeof wide);
  return wide;
}
SLIMLAB_INLINE void Store(float value, float *to) { *to = value; }
// Rounded to the nearest, to even where two are; NaN stays NaN, which rounding might make infinite.
SLIMLAB_INLINE void Store(float value, Half *to) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  const uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16, quiet = bits >> 16 | 0x40;
  to->bits = uint16_t(value != value ? quiet : rounded);
}

// Rows summed in single precision before they join a sum in double precision.
constexpr int64_t kBlock = 64;

// What the loops need of each channel; `sum` and `product` are of a block or, in the backward pass, of all.
struct Channels {
  const float *mean, *scale, *beta;
  const float *sum = nullptr, *product = nullptr;
};

// Asks for what the next turn of a sum reads: processors do not fetch ahead across pages by themselves. Reading past the end
// is harmless, since a prefetch never faults.
template <class Value>
SLIMLAB_INLINE void FetchAhead(const Value *from, int64_t count) {
#if defined(__GNUC__)
  constexpr int64_t kLine = 64 / sizeof(Value), kAhead = 256 / sizeof(Value);
  for (int64_t i = 0; i < count; i += kLine) __builtin_prefetch(from + kAhead + i);
#endif
}

// sum = Σ (x − shift), square = Σ (x − shift)²
template <class Value>
SLIMLAB_VECTORIZED static void SumMoments(const Value *x, const float *shift, int64_t rows, int64_t channels, float *sum,
                                          float *square) {
  for (int64_t c = 0; c < channels; c++) sum[c] = square[c] = 0;
  for (; rows >= 4; rows -= 4, x += 4 * channels) {
    FetchAhead(x, 4 * channels);
    const Value *x1 = x + channels, *x2 = x1 + channels, *x3 = x2 + channels;
    SLIMLAB_ALONG_CHANNELS {
      const float a = Load(x[c]) - shift[c], b = Load(x1[c]) - shift[c];
      const float d = Load(x2[c]) - shift[c], e = Load(x3[c]) - shift[c];
      sum[c] += (a + b) + (d + e);
      square[c] += (a * a + b * b) + (d * d + e * e);
    }
  }
  for (; rows > 0; rows--, x += channels) {
    SLIMLAB_ALONG_CHANNELS {
      const float a = Load(x[c]) - shift[c];
      sum[c] += a;
      square[c] += a * a;
    }
  }
}

SLIMLAB_INLINE float Normalized(float x, const Channels &of, int64_t c) {
  return (x - of.mean[c]) * of.scale[c] + of.beta[c];
}

// y may be side
template <Ending kEnding, bool kSide, class Value>
SLIMLAB_INLINE void NormalizeRows(const Value *x, const Value *side, const Channels of, int64_t rows, int64_t channels,
                                  Value *y) {
  for (; rows > 0; rows--, x += channels, y += channels, side += kSide ? channels : 0) {
    SLIMLAB_ALONG_CHANNELS {
      const float value = Normalized(Load(x[c]), of, c) + (kSide ? Load(side[c]) : 0);
      Store(Ended<kEnding>(value), &y[c]);
    }
  }
}
// y = (x − mean) · scale + beta, to which side is added if there is one, and what the layer ends with of it; with a side a ReLU alone
template <class Value>
SLIMLAB_VECTORIZED static void Normalize(const Value *x, const Value *side, Ending ending, const Channels &of, int64_t rows,
                                         int64_t channels, Value *y) {
  if (side && ending == Ending::kRelu) return NormalizeRows<Ending::kRelu, true>(x, side, of, rows, channels, y);
  if (side) return NormalizeRows<Ending::kNone, true>(x, side, of, rows, channels, y);
#define SLIMLAB_ENDED(kEnding) NormalizeRows<kEnding, false>(x, side, of, rows, channels, y)
  SLIMLAB_BY_ENDING(ending)
#undef SLIMLAB_ENDED
}

template <bool kOther, bool kMasked, class Value>
SLIMLAB_INLINE void GatherSlopeValues(const Value *dy, const Value *other, const Value *y, int64_t channels, Value *slopes) {
  SLIMLAB_ALONG_CHANNELS {
    float slope = kOther ? Load(dy[c]) + Load(other[c]) : Load(dy[c]);
    // By bits, so that the sum is no branch, which would keep compilers from vectorizing.
    uint32_t bits;
    std::memcpy(&bits, &slope, sizeof bits);
    if (kMasked) bits &= -uint32_t(Load(y[c]) > 0);
    std::memcpy(&slope, &bits, sizeof bits);
    Store(slope, &slopes[c]);
  }
}
// slopes = dy + other where y > 0; without other, dy; without y, everywhere. slopes may be dy or other.
// Apart from the sums, though it is for them: as one long row, which processors fetch ahead by themselves.
template <class Value>
SLIMLAB_VECTORIZED static void GatherSlopes(const Value *dy, const Value *other, const Value *y, int64_t count, Value *slopes) {
  if (other && y) GatherSlopeValues<true, true>(dy, other, y, count, slopes);
  else if (other) GatherSlopeValues<true, false>(dy, other, y, count, slopes);
  else if (y) GatherSlopeValues<false, true>(dy, other, y, count, slopes);
  else if (dy != slopes) std::memcpy(slopes, dy, count * sizeof(Value));
}

// The gradient before what the layer ends with, which the input tells.
template <Ending kEnding>
SLIMLAB_INLINE float Slope(float dy, float x, const Channels &of, int64_t c) {
  return kEnding == Ending::kNone ? dy : EndedSlope<kEnding>(dy, Normalized(x, of, c));
}

template <Ending kEnding, class Value>
SLIMLAB_INLINE void SumSlopeRows(const Value *dy, const Value *x, const Channels of, int64_t rows, int64_t channels, float *sum,
                                 float *product) {
  for (int64_t c = 0; c < channels; c++) sum[c] = product[c] = 0;
  for (; rows >= 2; rows -= 2, dy += 2 * channels, x += 2 * channels) {
    FetchAhead(x, 2 * channels);
    FetchAhead(dy, 2 * channels);
    const Value *dy1 = dy + channels, *x1 = x + channels;
    SLIMLAB_ALONG_CHANNELS {
      const float from = Load(x[c]), from1 = Load(x1[c]);
      const float a = Slope<kEnding>(Load(dy[c]), from, of, c), b = Slope<kEnding>(Load(dy1[c]), from1, of, c);
      sum[c] += a + b;
      product[c] += a * (from - of.mean[c]) + b * (from1 - of.mean[c]);
    }
  }
  if (rows > 0) {
    SLIMLAB_ALONG_CHANNELS {
      const float from = Load(x[c]), a = Slope<kEnding>(Load(dy[c]), from, of, c);
      sum[c] += a;
      product[c] += a * (from - of.mean[c]);
    }
  }
}
// sum = Σ g, product = Σ g · (x − mean), g being dy before what the layer ends with
template <class Value>
SLIMLAB_VECTORIZED static void SumSlopes(Ending ending, const Value *dy, const Value *x, const Channels &of, int64_t rows,
                                         int64_t channels, float *sum, float *product) {
#define SLIMLAB_ENDED(kEnding) SumSlopeRows<kEnding>(dy, x, of, rows, channels, sum, product)
  SLIMLAB_BY_ENDING(ending)
#undef SLIMLAB_ENDED
}

template <Ending kEnding, class Value>
SLIMLAB_INLINE void PropagateRows(const Value *dy, const Value *x, const Channels of, int64_t rows, int64_t channels, Value *dx) {
  for (; rows > 0; rows--, dy += channels, x += channels, dx += channels) {
    SLIMLAB_ALONG_CHANNELS {
      const float from = Load(x[c]), g = Slope<kEnding>(Load(dy[c]), from, of, c);
      Store((g - of.sum[c] - (from - of.mean[c]) * of.product[c]) * of.scale[c], &dx[c]);
    }
  }
}
// dx = (g − sum − (x − mean) · product) · scale; dx may be dy
template <class Value>
SLIMLAB_VECTORIZED static void Propagate(Ending ending, const Value *dy, const Value *x, const Channels &of, int64_t rows,
                                         int64_t channels, Value *dx) {
#define SLIMLAB_ENDED(kEnding) PropagateRows<kEnding>(dy, x, of, rows, channels, dx)
  SLIMLAB_BY_ENDING(ending)
#undef SLIMLAB_ENDED
}

}  // namespace slimlab
