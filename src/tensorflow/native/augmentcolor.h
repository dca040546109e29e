// Changes of a photo's colours, as Pillow makes them of bytes: torchvision's on Pillow's images to the bit.
#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "resizeregion.h"  // SLIMLAB_AS_WRITTEN

namespace slimlab {

// RGB bytes, row by row.
struct Photo {
  int64_t height, width;
  std::vector<uint8_t> pixels;
  int64_t size() const { return height * width; }
};

using Table = std::array<uint8_t, 256>;

SLIMLAB_AS_WRITTEN static void LookUp(Photo &photo, const Table &red, const Table &green, const Table &blue) {
  uint8_t *at = photo.pixels.data();
  for (int64_t i = 0; i < photo.size(); i++, at += 3) {
    at[0] = red[at[0]];
    at[1] = green[at[1]];
    at[2] = blue[at[2]];
  }
}

template <typename Fn>
static void LookUp(Photo &photo, Fn fn) {
  Table table;
  for (int i = 0; i < 256; i++) table[i] = fn(i);
  LookUp(photo, table, table, table);
}

// Between two numbers, or beyond the second: Pillow's Blend.c, in float32 and cut off.
SLIMLAB_AS_WRITTEN static void Blend(const uint8_t *from, const uint8_t *to, float share, int64_t count, uint8_t *out) {
  for (int64_t i = 0; i < count; i++) {
    const float mixed = float(from[i]) + share * float(int(to[i]) - int(from[i]));
    out[i] = uint8_t(int(std::min(std::max(mixed, 0.0f), 255.0f)));
  }
}

// Pillow's "L": ITU-R 601-2 in 16 bits
static uint8_t Grey(const uint8_t *rgb) { return uint8_t((rgb[0] * 19595 + rgb[1] * 38470 + rgb[2] * 7471 + 0x8000) >> 16); }

SLIMLAB_AS_WRITTEN static Photo Grayscale(const Photo &photo) {
  Photo grey = {photo.height, photo.width, std::vector<uint8_t>(photo.pixels.size())};
  for (size_t i = 0; i < photo.pixels.size(); i += 3)
    grey.pixels[i] = grey.pixels[i + 1] = grey.pixels[i + 2] = Grey(photo.pixels.data() + i);
  return grey;
}

static void BlendFrom(Photo &photo, const Photo &from, float share) {
  Blend(from.pixels.data(), photo.pixels.data(), share, photo.pixels.size(), photo.pixels.data());
}

static void BlendFrom(Photo &photo, uint8_t level, float share) {
  Table all, from, mixed;
  for (int i = 0; i < 256; i++) all[i] = uint8_t(i);
  from.fill(level);
  Blend(from.data(), all.data(), share, 256, mixed.data());
  LookUp(photo, mixed, mixed, mixed);
}

SLIMLAB_AS_WRITTEN static uint8_t MeanGrey(const Photo &photo) {
  int64_t sum = 0;
  for (size_t i = 0; i < photo.pixels.size(); i += 3) sum += Grey(photo.pixels.data() + i);
  return uint8_t(double(sum) / double(photo.size()) + 0.5);
}

// The thirteenths of a pixel's five and its neighbours', rounded; their sums are never half way. above, row, below: of `count` numbers
SLIMLAB_AS_WRITTEN static void SmoothRow(const uint8_t *above, const uint8_t *row, const uint8_t *below, int64_t count, uint8_t *out) {
  for (int64_t i = 3; i < count - 3; i++) {
    const uint32_t sum = above[i - 3] + above[i] + above[i + 3] + row[i - 3] + 5 * row[i] + row[i + 3] + below[i - 3] + below[i] + below[i + 3];
    out[i] = uint8_t(((2 * sum + 13) * 20165) >> 19);  // / 26: exact up to 6,643
  }
}

static Photo Smooth(const Photo &photo) {
  Photo smooth = photo;  // its edges stay
  const int64_t stride = 3 * photo.width;
  for (int64_t y = 1; y + 1 < photo.height; y++) {
    const uint8_t *row = photo.pixels.data() + y * stride;
    SmoothRow(row - stride, row, row + stride, stride, smooth.pixels.data() + y * stride);
  }
  return smooth;
}

// Pixels are counted in two tables by turns: the next of the same level need not wait.
static std::array<std::array<int64_t, 256>, 3> Histograms(const Photo &photo) {
  std::array<std::array<uint32_t, 256>, 6> turns{};
  const uint8_t *at = photo.pixels.data(), *end = at + photo.pixels.size();
  for (; at + 6 <= end; at += 6)
    for (int c = 0; c < 6; c++) turns[c][at[c]]++;
  for (int c = 0; at + c < end; c++) turns[c][at[c]]++;
  std::array<std::array<int64_t, 256>, 3> counts;
  for (int c = 0; c < 3; c++)
    for (int i = 0; i < 256; i++) counts[c][i] = int64_t(turns[c][i]) + turns[c + 3][i];
  return counts;
}

static Table Unchanged() {
  Table table;
  for (int i = 0; i < 256; i++) table[i] = uint8_t(i);
  return table;
}

// ImageOps.autocontrast()
static Table Stretched(const std::array<int64_t, 256> &counts) {
  Table table = Unchanged();
  int low = 0, high = 255;
  while (low < 255 && counts[low] == 0) low++;
  while (high > 0 && counts[high] == 0) high--;
  if (high <= low) return table;
  const double scale = 255.0 / (high - low), offset = -low * scale;
  for (int i = 0; i < 256; i++) {
    const volatile double scaled = i * scale;  // rounded before the offset is added
    table[i] = uint8_t(std::min(std::max(int(scaled + offset), 0), 255));
  }
  return table;
}

// ImageOps.equalize()
static Table Equalized(const std::array<int64_t, 256> &counts) {
  Table table = Unchanged();
  int64_t sum = 0, last = 0;
  for (int64_t count : counts) {
    sum += count;
    if (count > 0) last = count;
  }
  const int64_t step = (sum - last) / 255;
  if (sum == last || step == 0) return table;
  int64_t n = step / 2;
  for (int i = 0; i < 256; n += counts[i++]) table[i] = uint8_t(std::min<int64_t>(n / step, 255));
  return table;
}

template <typename Fn>
static void ByHistograms(Photo &photo, Fn tableOf) {
  const auto counts = Histograms(photo);
  LookUp(photo, tableOf(counts[0]), tableOf(counts[1]), tableOf(counts[2]));
}

// Of an odd number of weights: torchvision's _get_gaussian_kernel1d()
static std::vector<float> GaussianWeights(int size, float sigma) {
  std::vector<float> weights(size);
  const double limit = (size - 1) / (2 * std::sqrt(2.0));
  double sum = 0;
  for (int i = 0; i < size; i++) {
    const double x = (-limit + (size > 1 ? 2 * limit * i / (size - 1) : 0)) / sigma;
    sum += weights[i] = float(std::exp(-x * x));
  }
  for (float &weight : weights) weight = float(weight / sum);
  return weights;
}

SLIMLAB_AS_WRITTEN static void AddScaled(const float *from, float weight, int64_t count, float *to) {
  for (int64_t i = 0; i < count; i++) to[i] += weight * from[i];
}

SLIMLAB_AS_WRITTEN static void RoundRow(const float *from, int64_t count, uint8_t *to) {
  for (int64_t i = 0; i < count; i++) to[i] = uint8_t(int(std::min(std::max(from[i] + 0.5f, 0.0f), 255.0f)));
}

// Beyond an edge the pixels come again in reverse order, the edge's own but once: "reflect"
static int64_t Reflected(int64_t at, int64_t count) { return at < 0 ? -at : at >= count ? 2 * (count - 1) - at : at; }

// In both directions; the photo's sides are greater than half of `size`.
static void GaussianBlur(Photo &photo, int size, float sigmaX, float sigmaY) {
  const int64_t half = size / 2, stride = 3 * photo.width;
  const std::vector<float> along = GaussianWeights(size, sigmaX), down = GaussianWeights(size, sigmaY);
  std::vector<float> blurred(photo.pixels.size()), padded(stride + 6 * half), sums(stride);
  for (int64_t y = 0; y < photo.height; y++) {
    const uint8_t *row = photo.pixels.data() + y * stride;
    for (int64_t x = -half; x < photo.width + half; x++)
      for (int c = 0; c < 3; c++) padded[3 * (x + half) + c] = row[3 * Reflected(x, photo.width) + c];
    for (int i = 0; i < size; i++) AddScaled(padded.data() + 3 * i, along[i], stride, blurred.data() + y * stride);
  }
  for (int64_t y = 0; y < photo.height; y++) {
    std::fill(sums.begin(), sums.end(), 0.0f);
    for (int i = 0; i < size; i++)
      AddScaled(blurred.data() + Reflected(y + i - half, photo.height) * stride, down[i], stride, sums.data());
    RoundRow(sums.data(), stride, photo.pixels.data() + y * stride);
  }
}

}  // namespace slimlab
