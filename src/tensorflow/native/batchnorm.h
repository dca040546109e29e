// The loops of batch normalization by the batch's own moments, with what surrounds it in a residual network: an addition
// and a ReLU. x is [rows, channels]; each way takes two passes over the data, where operation by operation it takes up to
// seven. The loops go along the channels, so that compilers vectorize them without reordering any sum.
#pragma once
#include <cstdint>

// One body for each generation of processors, chosen at load; elsewhere the one that the compiler makes.
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__)
#define SLIMLAB_VECTORIZED \
  __attribute__((target_clones("arch=skylake-avx512", "arch=haswell", "default"), optimize("O3", "no-trapping-math")))
#else
#define SLIMLAB_VECTORIZED
#endif
#if defined(__clang__)
#define SLIMLAB_ALONG_CHANNELS _Pragma("clang loop vectorize(assume_safety)") for (int64_t c = 0; c < channels; c++)
#else
#define SLIMLAB_ALONG_CHANNELS _Pragma("GCC ivdep") for (int64_t c = 0; c < channels; c++)
#endif
#define SLIMLAB_INLINE static inline __attribute__((always_inline))

namespace slimlab {

// Rows summed in single precision before they join a sum in double precision.
constexpr int64_t kBlock = 64;

// Where the gradient passes: everywhere, or where the output is positive, as the input or the output itself tells.
enum class Mask { kNone, kByInput, kByOutput };

// What the loops need of each channel; `sum` and `product` are of a block or, in the backward pass, of all.
struct Channels {
  const float *mean, *scale, *beta;
  const float *sum = nullptr, *product = nullptr;
};

// Asks for what the next turn of a sum reads: processors do not fetch ahead across pages by themselves. Reading past the end
// is harmless, since a prefetch never faults.
SLIMLAB_INLINE void FetchAhead(const float *from, int64_t count) {
#if defined(__GNUC__)
  constexpr int64_t kLine = 16, kAhead = 64;
  for (int64_t i = 0; i < count; i += kLine) __builtin_prefetch(from + kAhead + i);
#endif
}

// sum = Σ (x − shift), square = Σ (x − shift)²
SLIMLAB_VECTORIZED static void SumMoments(const float *x, const float *shift, int64_t rows, int64_t channels, float *sum,
                                          float *square) {
  for (int64_t c = 0; c < channels; c++) sum[c] = square[c] = 0;
  for (; rows >= 4; rows -= 4, x += 4 * channels) {
    FetchAhead(x, 4 * channels);
    const float *x1 = x + channels, *x2 = x1 + channels, *x3 = x2 + channels;
    SLIMLAB_ALONG_CHANNELS {
      const float a = x[c] - shift[c], b = x1[c] - shift[c], d = x2[c] - shift[c], e = x3[c] - shift[c];
      sum[c] += (a + b) + (d + e);
      square[c] += (a * a + b * b) + (d * d + e * e);
    }
  }
  for (; rows > 0; rows--, x += channels) {
    SLIMLAB_ALONG_CHANNELS {
      const float a = x[c] - shift[c];
      sum[c] += a;
      square[c] += a * a;
    }
  }
}

SLIMLAB_INLINE float Normalized(float x, const Channels &of, int64_t c) {
  return (x - of.mean[c]) * of.scale[c] + of.beta[c];
}

// y may be side
template <bool kRectify, bool kSide>
SLIMLAB_INLINE void NormalizeRows(const float *x, const float *side, const Channels of, int64_t rows, int64_t channels,
                                  float *y) {
  for (; rows > 0; rows--, x += channels, y += channels, side += kSide ? channels : 0) {
    SLIMLAB_ALONG_CHANNELS {
      const float value = Normalized(x[c], of, c) + (kSide ? side[c] : 0);
      y[c] = !kRectify || value > 0 ? value : 0;
    }
  }
}
// y = (x − mean) · scale + beta, to which side is added if there is one, and the ReLU of it if asked for
SLIMLAB_VECTORIZED static void Normalize(const float *x, const float *side, bool rectify, const Channels &of, int64_t rows,
                                         int64_t channels, float *y) {
  if (rectify && side) NormalizeRows<true, true>(x, side, of, rows, channels, y);
  else if (rectify) NormalizeRows<true, false>(x, side, of, rows, channels, y);
  else if (side) NormalizeRows<false, true>(x, side, of, rows, channels, y);
  else NormalizeRows<false, false>(x, side, of, rows, channels, y);
}

// The gradient before the ReLU.
template <Mask kMask>
SLIMLAB_INLINE float Slope(float dy, float x, const float *y, const Channels &of, int64_t c) {
  if (kMask == Mask::kNone) return dy;
  return (kMask == Mask::kByInput ? Normalized(x, of, c) : y[c]) > 0 ? dy : 0;
}

template <Mask kMask>
SLIMLAB_INLINE void SumSlopeRows(const float *dy, const float *x, const float *y, const Channels of, int64_t rows,
                                 int64_t channels, float *sum, float *product) {
  for (int64_t c = 0; c < channels; c++) sum[c] = product[c] = 0;
  for (; rows >= 2; rows -= 2, dy += 2 * channels, x += 2 * channels, y += kMask == Mask::kByOutput ? 2 * channels : 0) {
    FetchAhead(x, 2 * channels);
    FetchAhead(dy, 2 * channels);
    if (kMask == Mask::kByOutput) FetchAhead(y, 2 * channels);
    const float *dy1 = dy + channels, *x1 = x + channels, *y1 = kMask == Mask::kByOutput ? y + channels : y;
    SLIMLAB_ALONG_CHANNELS {
      const float a = Slope<kMask>(dy[c], x[c], y, of, c), b = Slope<kMask>(dy1[c], x1[c], y1, of, c);
      sum[c] += a + b;
      product[c] += a * (x[c] - of.mean[c]) + b * (x1[c] - of.mean[c]);
    }
  }
  if (rows > 0) {
    SLIMLAB_ALONG_CHANNELS {
      const float a = Slope<kMask>(dy[c], x[c], y, of, c);
      sum[c] += a;
      product[c] += a * (x[c] - of.mean[c]);
    }
  }
}
// sum = Σ g, product = Σ g · (x − mean), g being dy behind the mask
SLIMLAB_VECTORIZED static void SumSlopes(Mask mask, const float *dy, const float *x, const float *y, const Channels &of,
                                         int64_t rows, int64_t channels, float *sum, float *product) {
  if (mask == Mask::kNone) SumSlopeRows<Mask::kNone>(dy, x, y, of, rows, channels, sum, product);
  else if (mask == Mask::kByInput) SumSlopeRows<Mask::kByInput>(dy, x, y, of, rows, channels, sum, product);
  else SumSlopeRows<Mask::kByOutput>(dy, x, y, of, rows, channels, sum, product);
}

// dx or dside may be dy
template <Mask kMask, bool kSide>
SLIMLAB_INLINE void PropagateRows(const float *dy, const float *x, const float *y, const Channels of, int64_t rows,
                                  int64_t channels, float *dx, float *dside) {
  for (; rows > 0; rows--, dy += channels, x += channels, dx += channels) {
    SLIMLAB_ALONG_CHANNELS {
      const float g = Slope<kMask>(dy[c], x[c], y, of, c);
      if (kSide) dside[c] = g;
      dx[c] = (g - of.sum[c] - (x[c] - of.mean[c]) * of.product[c]) * of.scale[c];
    }
    if (kMask == Mask::kByOutput) y += channels;
    if (kSide) dside += channels;
  }
}
// dx = (g − sum − (x − mean) · product) · scale, dside = g
SLIMLAB_VECTORIZED static void Propagate(Mask mask, const float *dy, const float *x, const float *y, const Channels &of,
                                         int64_t rows, int64_t channels, float *dx, float *dside) {
  if (mask == Mask::kByInput) PropagateRows<Mask::kByInput, false>(dy, x, y, of, rows, channels, dx, dside);
  else if (mask == Mask::kByOutput) PropagateRows<Mask::kByOutput, true>(dy, x, y, of, rows, channels, dx, dside);
  else if (dside) PropagateRows<Mask::kNone, true>(dy, x, y, of, rows, channels, dx, dside);
  else PropagateRows<Mask::kNone, false>(dy, x, y, of, rows, channels, dx, dside);
}

}  // namespace slimlab
