// The loops of convolutions of each channel by itself, and of their gradients. Vectors lie along the channels; a kernel's number
// that is loaded serves several pixels.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>
#include "inline.h"

namespace slimlab {

constexpr int64_t kPixels = 8;  // of a row, whose sums are in registers

#if defined(__GNUC__)
// Vectors wider than a processor's are several of its own.
using Wide = float __attribute__((vector_size(64)));
using Narrow = float __attribute__((vector_size(32)));
#else
using Wide = float;
using Narrow = float;
#endif

template <class Vector>
constexpr int64_t kLanes = sizeof(Vector) / sizeof(float);

template <class Vector>
SLIMLAB_INLINE void LoadVector(const float *from, Vector *to) { std::memcpy(to, from, sizeof(Vector)); }
template <class Vector>
SLIMLAB_INLINE void StoreVector(const Vector &from, float *to) { std::memcpy(to, &from, sizeof(Vector)); }

// One number of a kernel for each channel, and the row that it meets: pixel t of the result meets pixel t · step + offset of it.
struct Tap {
  const float *row, *weights;
  int64_t offset;
};

// A row of results: every `pace`th pixel of a row of memory, each a sum over taps.
struct TapRow {
  const Tap *taps;
  int64_t count, step, width;  // of what is met: its step and its pixels
  int64_t pixels, pace, channels;
  float *to;
};

template <class Vector, int kCount>
SLIMLAB_INLINE void SumTaps(const TapRow &row, int64_t pixel, int64_t c) {
  Vector sums[kCount] = {};
  for (int64_t i = 0; i < row.count; i++) {
    const Tap &tap = row.taps[i];
    const float *from = tap.row + (pixel * row.step + tap.offset) * row.channels + c;
    Vector weights;
    LoadVector(tap.weights + c, &weights);
#pragma GCC unroll 8
    for (int t = 0; t < kCount; t++) {
      Vector x;
      LoadVector(from + t * row.step * row.channels, &x);
      sums[t] += x * weights;
    }
  }
#pragma GCC unroll 8
  for (int t = 0; t < kCount; t++) StoreVector(sums[t], row.to + (pixel + t) * row.pace * row.channels + c);
}

template <int kCount>
SLIMLAB_INLINE void SumTapsOfChannels(const TapRow &row, int64_t pixel) {
  int64_t c = 0;
  for (; c + kLanes<Wide> <= row.channels; c += kLanes<Wide>) SumTaps<Wide, kCount>(row, pixel, c);
  for (; c + kLanes<Narrow> <= row.channels; c += kLanes<Narrow>) SumTaps<Narrow, kCount>(row, pixel, c);
  for (; c < row.channels; c++) SumTaps<float, kCount>(row, pixel, c);
}

// A row in whose pixels from `begin` to `end` all taps meet the image; in the others those that do are looked for.
SLIMLAB_VECTORIZED static void SumTapRow(const TapRow &row, int64_t begin, int64_t end, Tap *meeting) {
  for (int64_t pixel = 0; pixel < row.pixels;) {
    if (pixel >= begin && pixel + kPixels <= end) {
      SumTapsOfChannels<kPixels>(row, pixel);
      pixel += kPixels;
      continue;
    }
    TapRow one = row;
    one.taps = meeting, one.count = 0;
    for (int64_t i = 0; i < row.count; i++) {
      const int64_t met = pixel * row.step + row.taps[i].offset;
      if (met >= 0 && met < row.width) meeting[one.count++] = row.taps[i];
    }
    SumTapsOfChannels<1>(one, pixel);
    pixel++;
  }
}

// Pixels of a row whose slopes are multiplied with those of an image's row that kernel numbers meet.
struct SlopeRow {
  const float *x, *slopes;
  int64_t stride, before, width, pixels, channels;
  float *sums;  // [kernel width, channels]
};

template <class Vector, int kWidth>
SLIMLAB_INLINE void AddProducts(const SlopeRow &row, int64_t begin, int64_t end, int64_t c) {
  Vector sums[kWidth];
#pragma GCC unroll 8
  for (int k = 0; k < kWidth; k++) LoadVector(row.sums + k * row.channels + c, &sums[k]);
  for (int64_t pixel = begin; pixel < end; pixel++) {
    Vector slope;
    LoadVector(row.slopes + pixel * row.channels + c, &slope);
    const float *from = row.x + (pixel * row.stride - row.before) * row.channels + c;
#pragma GCC unroll 8
    for (int k = 0; k < kWidth; k++) {
      Vector x;
      LoadVector(from + k * row.channels, &x);
      sums[k] += x * slope;
    }
  }
#pragma GCC unroll 8
  for (int k = 0; k < kWidth; k++) StoreVector(sums[k], row.sums + k * row.channels + c);
}

template <int kWidth>
SLIMLAB_INLINE void AddProductsOfRow(const SlopeRow &row) {
  constexpr int64_t kTile = 16;  // pixels that stay in the first cache while all channels come by
  const int64_t begin = std::min(row.pixels, (row.before + row.stride - 1) / row.stride);
  const int64_t end = std::max(begin, std::min(row.pixels, (row.width - kWidth + row.before) / row.stride + 1));
  for (int64_t tile = begin; tile < end; tile += kTile) {
    const int64_t last = std::min(end, tile + kTile);
    int64_t c = 0;
    for (; c + kLanes<Wide> <= row.channels; c += kLanes<Wide>) AddProducts<Wide, kWidth>(row, tile, last, c);
    for (; c + kLanes<Narrow> <= row.channels; c += kLanes<Narrow>) AddProducts<Narrow, kWidth>(row, tile, last, c);
    for (; c < row.channels; c++) AddProducts<float, kWidth>(row, tile, last, c);
  }
  const int64_t channels = row.channels;
  for (int64_t pixel = 0; pixel < row.pixels; pixel = pixel + 1 == begin ? end : pixel + 1) {
    if (pixel >= begin && pixel < end) continue;
    const float *slopes = row.slopes + pixel * channels;
    for (int64_t k = 0; k < kWidth; k++) {
      const int64_t met = pixel * row.stride - row.before + k;
      if (met < 0 || met >= row.width) continue;
      const float *x = row.x + met * channels;
      float *sums = row.sums + k * channels;
      SLIMLAB_ALONG_CHANNELS sums[c] += x[c] * slopes[c];
    }
  }
}
// sums += what each number of a kernel's row of that width gets; the width is 3, 5 or 7.
SLIMLAB_VECTORIZED static void AddSlopeRow(const SlopeRow &row, int64_t width) {
  if (width == 3) AddProductsOfRow<3>(row);
  else if (width == 5) AddProductsOfRow<5>(row);
  else AddProductsOfRow<7>(row);
}

}  // namespace slimlab
