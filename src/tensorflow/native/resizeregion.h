// A window of a resized region of an image, by TensorFlow's bilinear interpolation to the bit, without the rest of it.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

// Chosen at load by what a processor can; no multiplication joins an addition, which would round once where TensorFlow rounds twice.
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__)
#define SLIMLAB_AS_WRITTEN __attribute__((target_clones("avx2", "default"), optimize("O3", "fp-contract=off")))
#elif defined(__GNUC__) && !defined(__clang__)
#define SLIMLAB_AS_WRITTEN __attribute__((optimize("O3", "fp-contract=off")))
#else
#define SLIMLAB_AS_WRITTEN
#endif

namespace slimlab {

// One side of a region in pixels of the image, how long it becomes, and what is wanted of that. Of a region that the image is only a
// part of, the pixels beyond are not needed for what is wanted.
struct Side {
  float begin, length;
  int64_t size, first, count;
};

// Between which pixels a place of the resized region lies, and how far from the lower to the upper.
struct Between {
  int64_t lower, upper;
  float share;
};

// As ResizeBilinear without half pixel centers: tensorflow/core/kernels/image/resize_bilinear_op.cc
static std::vector<Between> PlacesOf(const Side &side, int64_t pixels) {
  std::vector<Between> places(side.count);
  const float whole = std::floor(side.begin), rest = side.begin - whole, scale = side.length / float(side.size);
  const int64_t offset = int64_t(whole);
  const int64_t least = std::min(std::max<int64_t>(offset, 0), pixels - 1);
  const int64_t most = std::min(std::max(int64_t(std::ceil(side.begin + side.length)) - 1, least), pixels - 1);
  for (int64_t i = 0; i < side.count; i++) {
    const volatile float scaled = float(side.first + i) * scale;  // rounded before the rest is added
    const float place = scaled + rest, floor = std::floor(place);
    const auto within = [&](float at) { return std::min(std::max(offset + int64_t(at), least), most); };
    places[i] = {within(floor), within(std::ceil(place)), place - floor};
  }
  return places;
}

SLIMLAB_AS_WRITTEN static void Widen(const uint8_t *from, int64_t count, float *to) {
  for (int64_t i = 0; i < count; i++) to[i] = from[i];
}

// row [pixels · channels] → to [count · channels]
SLIMLAB_AS_WRITTEN static void MixPixels(const float *row, const Between *places, int64_t count, int64_t channels, float *to) {
  for (int64_t i = 0; i < count; i++) {
    const float *low = row + places[i].lower * channels, *high = row + places[i].upper * channels, share = places[i].share;
    for (int64_t c = 0; c < channels; c++) to[i * channels + c] = low[c] + (high[c] - low[c]) * share;
  }
}

// The same of three channels, four at a time: what is behind them is written over. row and to have room for one more.
SLIMLAB_AS_WRITTEN static void MixColors(const float *row, const Between *places, int64_t count, float *to) {
  for (int64_t i = 0; i < count; i++) {
    float low[4], high[4];
    std::memcpy(low, row + 3 * places[i].lower, sizeof(low));
    std::memcpy(high, row + 3 * places[i].upper, sizeof(high));
    const float share = places[i].share;
    for (int c = 0; c < 4; c++) low[c] += (high[c] - low[c]) * share;
    std::memcpy(to + 3 * i, low, sizeof(low));
  }
}

SLIMLAB_AS_WRITTEN static void MixRows(const float *top, const float *bottom, float share, int64_t count, float *to) {
  for (int64_t i = 0; i < count; i++) to[i] = top[i] + (bottom[i] - top[i]) * share;
}

// image [height, width, channels] → to [rows.count, columns.count, channels], left to right or right to left
static void ResizeRegion(const uint8_t *image, int64_t height, int64_t width, int64_t channels, const Side &rows,
                         const Side &columns, bool mirrored, float *to) {
  const std::vector<Between> down = PlacesOf(rows, height);
  std::vector<Between> along = PlacesOf(columns, width);
  const int64_t stride = columns.count * channels, left = along.front().lower * channels;
  const int64_t needed = (along.back().upper + 1) * channels - left;
  if (mirrored) std::reverse(along.begin(), along.end());
  std::vector<float> row(width * channels + 1), mixed[2] = {std::vector<float>(stride + 1), std::vector<float>(stride + 1)};
  int64_t held[2] = {-1, -1};  // which row of the image each is of
  const auto mix = [&](int64_t y, int at) {
    if (held[at] == y) return;
    held[at] = y;
    Widen(image + y * width * channels + left, needed, row.data() + left);
    if (channels == 3) MixColors(row.data(), along.data(), columns.count, mixed[at].data());
    else MixPixels(row.data(), along.data(), columns.count, channels, mixed[at].data());
  };
  for (int64_t y = 0; y < rows.count; y++, to += stride) {
    const auto [lower, upper, share] = down[y];
    if (held[1] == lower) {
      std::swap(mixed[0], mixed[1]);
      std::swap(held[0], held[1]);
    }
    mix(lower, 0);
    if (share == 0) {  // as a + (b − a) · 0, all being finite
      std::memcpy(to, mixed[0].data(), stride * sizeof(float));
      continue;
    }
    mix(upper, 1);
    MixRows(mixed[0].data(), mixed[1].data(), share, stride, to);
  }
}

}  // namespace slimlab
