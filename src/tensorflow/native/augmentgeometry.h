// A photo's pixels elsewhere, as Pillow takes them: torchvision's on Pillow's images to the bit.
#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "augmentcolor.h"

namespace slimlab {

// What stands where the photo has nothing, and whether pixels between four are mixed.
struct Sampling {
  std::array<uint8_t, 3> fill;
  bool bilinear;
};

// Of a pixel of the result the place in the photo: x = a[0] x + a[1] y + a[2], y = a[3] x + a[4] y + a[5], over a[6] x + a[7] y + 1
using Places = std::array<double, 8>;

static double Radians(double degrees) { return degrees * (M_PI / 180); }

// torchvision's _get_inverse_affine_matrix(); angles in degrees
static Places AffinePlaces(double angle, const double translate[2], double scale, const double shear[2], const double center[2]) {
  const double rotation = Radians(angle), sx = Radians(shear[0]), sy = Radians(shear[1]);
  const double a = std::cos(rotation - sy) / std::cos(sy), b = -(a * std::tan(sx) + std::sin(rotation));
  const double c = std::sin(rotation - sy) / std::cos(sy), d = std::cos(rotation) - c * std::tan(sx);
  Places m = {d / scale, -b / scale, 0, -c / scale, a / scale, 0, 0, 0};
  const double x = center[0] + translate[0], y = center[1] + translate[1];
  m[2] += center[0] - m[0] * x - m[1] * y;
  m[5] += center[1] - m[3] * x - m[4] * y;
  return m;
}

// Image.rotate(), around the middle
static Places RotationPlaces(double angle, int64_t height, int64_t width) {
  const double turn = -Radians(angle < 0 ? std::fmod(angle, 360) + 360 : std::fmod(angle, 360));
  const auto digits = [](double number) { return std::nearbyint(number * 1e15) / 1e15; };
  const double cosine = digits(std::cos(turn)), sine = digits(std::sin(turn)), x = width / 2.0, y = height / 2.0;
  return {cosine, sine, cosine * -x + sine * -y + x, -sine, cosine, -sine * -x + cosine * -y + y, 0, 0};
}

// torchvision's _get_perspective_coeffs(): by where the four corners come to; false if that is no perspective
static bool PerspectivePlaces(const float corners[8], int64_t height, int64_t width, Places &places) {
  const double right = double(width - 1), bottom = double(height - 1);
  const double starts[4][2] = {{0, 0}, {right, 0}, {right, bottom}, {0, bottom}};
  double rows[8][9];
  for (int i = 0; i < 4; i++) {
    const double x = corners[2 * i], y = corners[2 * i + 1];
    for (int k = 0; k < 2; k++) {
      const double at = starts[i][k];
      const double row[9] = {k ? 0 : x, k ? 0 : y, k ? 0.0 : 1.0, k ? x : 0, k ? y : 0, k ? 1.0 : 0.0, -at * x, -at * y, at};
      std::memcpy(rows[2 * i + k], row, sizeof(row));
    }
  }
  for (int i = 0; i < 8; i++) {
    int most = i;
    for (int k = i + 1; k < 8; k++)
      if (std::abs(rows[k][i]) > std::abs(rows[most][i])) most = k;
    if (!(std::abs(rows[most][i]) > 1e-9)) return false;
    std::swap(rows[i], rows[most]);
    for (int k = 0; k < 8; k++) {
      if (k == i) continue;
      const double times = rows[k][i] / rows[i][i];
      for (int j = i; j < 9; j++) rows[k][j] -= times * rows[i][j];
    }
  }
  for (int i = 0; i < 8; i++) places[i] = float(rows[i][8] / rows[i][i]);
  return true;
}

static Photo Filled(int64_t height, int64_t width, const std::array<uint8_t, 3> &fill) {
  Photo photo = {height, width, std::vector<uint8_t>(3 * height * width, fill[0])};
  if (fill[0] == fill[1] && fill[1] == fill[2]) return photo;
  for (size_t i = 0; i < photo.pixels.size(); i++) photo.pixels[i] = fill[i % 3];
  return photo;
}

// Steps of 1/65,536 of a pixel: Geometry.c's affine_fixed()
static void NearestFixed(const Photo &photo, const Places &a, Photo &out) {
  const auto fixed = [](double number) { return int64_t(std::floor(number * 65536 + 0.5)); };
  const int64_t right = fixed(a[0]), down = fixed(a[1]), rightY = fixed(a[3]), downY = fixed(a[4]);
  int64_t left = fixed(a[2] + a[0] * 0.5 + a[1] * 0.5), top = fixed(a[5] + a[3] * 0.5 + a[4] * 0.5);
  uint8_t *to = out.pixels.data();
  for (int64_t row = 0; row < photo.height; row++, left += down, top += downY)
    for (int64_t column = 0, x = left, y = top; column < photo.width; column++, x += right, y += rightY, to += 3) {
      const uint64_t atX = uint64_t(x >> 16), atY = uint64_t(y >> 16);
      if (atX < uint64_t(photo.width) && atY < uint64_t(photo.height))
        std::memcpy(to, photo.pixels.data() + 3 * (atY * photo.width + atX), 3);
    }
}

// Each column from one column, each row from one row: Geometry.c's ImagingScaleAffine()
static void NearestScaled(const Photo &photo, const Places &a, Photo &out) {
  const auto placesOf = [](double begin, double step, int64_t count) {
    std::vector<int64_t> places(count, -1);
    for (int64_t i = 0; i < count; i++, begin += step)
      if (begin >= 0 && begin < double(count)) places[i] = int64_t(begin);
    return places;
  };
  const std::vector<int64_t> columns = placesOf(a[2] + a[0] * 0.5, a[0], photo.width);
  const std::vector<int64_t> rows = placesOf(a[5] + a[4] * 0.5, a[4], photo.height);
  for (int64_t y = 0; y < photo.height; y++) {
    if (rows[y] < 0) continue;
    const uint8_t *from = photo.pixels.data() + 3 * rows[y] * photo.width;
    uint8_t *to = out.pixels.data() + 3 * y * photo.width;
    for (int64_t x = 0; x < photo.width; x++)
      if (columns[x] >= 0) std::memcpy(to + 3 * x, from + 3 * columns[x], 3);
  }
}

// The pixel at a place, as its red, green, blue and whatever comes next.
using Colors = double __attribute__((vector_size(32)));
using Wholes = int32_t __attribute__((vector_size(16)));
using Words = uint32_t __attribute__((vector_size(16)));
using Bytes = uint8_t __attribute__((vector_size(16)));

// The four pixels around a place: columns as bytes from the row's first, rows, and the shares of the second column and row.
struct Around {
  std::vector<int32_t> left, right, upper, lower;
  std::vector<double> dx, dy;
  std::vector<uint8_t> inside;
  explicit Around(int64_t count) : left(count), right(count), upper(count), lower(count), dx(count), dy(count), inside(count) {}
};

// Geometry.c's bilinear_filter32RGB(): beyond the edge its pixels again.
SLIMLAB_AS_WRITTEN static void PixelsAround(const double *xs, const double *ys, int64_t count, int32_t width, int32_t height, Around &around) {
  int32_t *left = around.left.data(), *right = around.right.data(), *upper = around.upper.data(), *lower = around.lower.data();
  double *dx = around.dx.data(), *dy = around.dy.data();
  uint8_t *inside = around.inside.data();
  for (int64_t i = 0; i < count; i++) {
    const bool isInside = int(xs[i] >= 0) & int(xs[i] < width) & int(ys[i] >= 0) & int(ys[i] < height);
    const double x = isInside ? xs[i] - 0.5 : 0, y = isInside ? ys[i] - 0.5 : 0;
    const int32_t column = int32_t(x) - int32_t(x < 0), row = int32_t(y) - int32_t(y < 0);  // floor: both are above -1
    inside[i] = isInside;
    dx[i] = x - column;
    dy[i] = y - row;
    left[i] = 3 * std::max(column, 0);
    right[i] = 3 * std::min(column + 1, width - 1);
    upper[i] = std::max(row, 0);
    lower[i] = std::min(row + 1, height - 1);
  }
}

// The same, cut off to whole numbers; what lies outside is left. The photo has room for one more byte.
SLIMLAB_AS_WRITTEN static void MixAround(const Photo &photo, const Around &around, int64_t count, uint8_t *to) {
  const int64_t stride = 3 * photo.width;
  const Bytes widening = {0, 4, 4, 4, 1, 4, 4, 4, 2, 4, 4, 4, 3, 4, 4, 4}, narrowing = {0, 4, 8, 12};
  for (int64_t i = 0; i < count; i++, to += 3) {
    if (!around.inside[i]) continue;
    const uint8_t *upper = photo.pixels.data() + around.upper[i] * stride, *lower = photo.pixels.data() + around.lower[i] * stride;
    const int32_t left = around.left[i], right = around.right[i];
    uint32_t corners[4];
    std::memcpy(corners, upper + left, 4);
    std::memcpy(corners + 1, upper + right, 4);
    std::memcpy(corners + 2, lower + left, 4);
    std::memcpy(corners + 3, lower + right, 4);
    const Words words[4] = {{corners[0]}, {corners[1]}, {corners[2]}, {corners[3]}};
    const Colors a = __builtin_convertvector(Wholes(__builtin_shuffle(Bytes(words[0]), widening)), Colors);
    const Colors b = __builtin_convertvector(Wholes(__builtin_shuffle(Bytes(words[1]), widening)), Colors);
    const Colors c = __builtin_convertvector(Wholes(__builtin_shuffle(Bytes(words[2]), widening)), Colors);
    const Colors d = __builtin_convertvector(Wholes(__builtin_shuffle(Bytes(words[3]), widening)), Colors);
    const Colors above = a + (b - a) * around.dx[i];
    const Colors below = c + (d - c) * around.dx[i];
    const Colors mixed = above + (below - above) * around.dy[i];
    const Bytes bytes = __builtin_shuffle(Bytes(__builtin_convertvector(mixed, Wholes)), narrowing);
    std::memcpy(to, &bytes, 3);
  }
}

// Of the pixels of a row of the result the places in the photo.
SLIMLAB_AS_WRITTEN static void PlacesOfRow(const Places &a, int64_t row, int64_t count, double *xs, double *ys) {
  const bool isFlat = a[6] == 0 && a[7] == 0;
  const double down = double(row) + 0.5;
  for (int64_t i = 0; i < count; i++) {
    const double right = double(i) + 0.5;
    xs[i] = a[0] * right + a[1] * down + a[2];
    ys[i] = a[3] * right + a[4] * down + a[5];
  }
  if (isFlat) return;
  for (int64_t i = 0; i < count; i++) {
    const double depth = a[6] * (double(i) + 0.5) + a[7] * down + 1;
    xs[i] /= depth;
    ys[i] /= depth;
  }
}

static void TakeNearest(const Photo &photo, const double *xs, const double *ys, int64_t count, uint8_t *to) {
  const double width = double(photo.width), height = double(photo.height);
  for (int64_t i = 0; i < count; i++, to += 3)
    if (xs[i] >= 0 && xs[i] < width && ys[i] >= 0 && ys[i] < height)
      std::memcpy(to, photo.pixels.data() + 3 * (int64_t(ys[i]) * photo.width + int64_t(xs[i])), 3);
}

static void TakeEach(Photo &photo, const Places &a, bool bilinear, Photo &out) {
  std::vector<double> xs(photo.width), ys(photo.width);
  Around around(bilinear ? photo.width : 0);
  if (bilinear) photo.pixels.push_back(0);
  for (int64_t row = 0; row < photo.height; row++) {
    PlacesOfRow(a, row, photo.width, xs.data(), ys.data());
    uint8_t *to = out.pixels.data() + 3 * row * photo.width;
    if (bilinear) {
      PixelsAround(xs.data(), ys.data(), photo.width, int32_t(photo.width), int32_t(photo.height), around);
      MixAround(photo, around, photo.width, to);
    } else TakeNearest(photo, xs.data(), ys.data(), photo.width, to);
  }
}

static void Move(Photo &photo, const Places &a, const Sampling &sampling, bool isPerspective) {
  const auto isNear = [&](int64_t x, int64_t y) {
    return std::abs(x * a[0] + y * a[1] + a[2]) < 32768 && std::abs(x * a[3] + y * a[4] + a[5]) < 32768;
  };
  Photo out = Filled(photo.height, photo.width, sampling.fill);
  const int64_t h = photo.height, w = photo.width;
  if (sampling.bilinear || isPerspective) TakeEach(photo, a, sampling.bilinear, out);
  else if (a[1] == 0 && a[3] == 0) NearestScaled(photo, a, out);
  else if (isNear(0, 0) && isNear(w, h) && isNear(0, h) && isNear(w, 0)) NearestFixed(photo, a, out);
  else TakeEach(photo, a, false, out);
  photo.pixels.swap(out.pixels);
}

}  // namespace slimlab
