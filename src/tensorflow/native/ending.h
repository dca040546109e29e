// What a layer ends with, and its slope: for the loops that compute it in passing.
#pragma once
#include <cstdint>
#include <cstring>
#include <string>
#include "inline.h"

namespace slimlab {

enum class Ending { kNone, kRelu, kRelu6, kHardSwish, kSwish };

// @returns whether there is one of that name
static bool EndingNamed(const std::string &name, Ending *ending) {
  static constexpr const char *names[] = {"none", "relu", "relu6", "hardSwish", "swish"};
  for (int i = 0; i < 5; i++) {
    if (name != names[i]) continue;
    *ending = Ending(i);
    return true;
  }
  return false;
}

// Chooses one of the bodies that SLIMLAB_ENDED(kEnding) is.
#define SLIMLAB_BY_ENDING(ending)                                   \
  switch (ending) {                                                 \
    case Ending::kNone: return SLIMLAB_ENDED(Ending::kNone);           \
    case Ending::kRelu: return SLIMLAB_ENDED(Ending::kRelu);           \
    case Ending::kRelu6: return SLIMLAB_ENDED(Ending::kRelu6);         \
    case Ending::kHardSwish: return SLIMLAB_ENDED(Ending::kHardSwish); \
    case Ending::kSwish: return SLIMLAB_ENDED(Ending::kSwish);         \
  }

// e^x, for compilers to vectorize: to 2 units in the last place where it is a normal number; NaN stays NaN.
SLIMLAB_INLINE float Exponential(float x) {
  const float within = x < -87.0f ? -87.0f : x > 88.0f ? 88.0f : x;
  const float shifted = within * 1.44269504f + 12582912.0f;  // 1.5 · 2²³: what is added rounds to whole numbers
  const float whole = shifted - 12582912.0f;
  const float r = (within - whole * 0.693359375f) + whole * 2.12194440e-4f;  // ln 2 in two parts
  float sum = 1.9875691500e-4f;  // of Cephes' expf
  sum = sum * r + 1.3981999507e-3f;
  sum = sum * r + 8.3334519073e-3f;
  sum = sum * r + 4.1665795894e-2f;
  sum = sum * r + 1.6666665459e-1f;
  sum = sum * r + 5.0000001201e-1f;
  sum = sum * (r * r) + r + 1.0f;
  uint32_t bits;
  std::memcpy(&bits, &shifted, sizeof bits);
  bits = (bits + 127) << 23;  // the lowest bits of what is shifted are the whole number
  float power;
  std::memcpy(&power, &bits, sizeof power);
  return sum * power;
}

SLIMLAB_INLINE float Sigmoid(float x) { return 1.0f / (1.0f + Exponential(-x)); }
SLIMLAB_INLINE float HardSigmoid(float x) {
  const float sixths = x + 3;
  return (sixths < 0 ? 0 : sixths > 6 ? 6 : sixths) * (1.0f / 6);
}

// NaN stays NaN, as in TensorFlow's.
template <Ending kEnding>
SLIMLAB_INLINE float Ended(float x) {
  if (kEnding == Ending::kRelu) return x < 0 ? 0 : x;
  if (kEnding == Ending::kRelu6) return x < 0 ? 0 : x > 6 ? 6 : x;
  if (kEnding == Ending::kHardSwish) return x * HardSigmoid(x);
  if (kEnding == Ending::kSwish) return x * Sigmoid(x);
  return x;
}

// dy before what a layer ends with, x being what that is given.
template <Ending kEnding>
SLIMLAB_INLINE float EndedSlope(float dy, float x) {
  if (kEnding == Ending::kRelu) return x > 0 ? dy : 0;
  if (kEnding == Ending::kRelu6) return (x > 0) & (x < 6) ? dy : 0;
  if (kEnding == Ending::kHardSwish) return dy * (x <= -3 ? 0 : x >= 3 ? 1 : x * (1.0f / 3) + 0.5f);
  if (kEnding == Ending::kSwish) {
    const float s = Sigmoid(x);
    return dy * (s * (1 + x * (1 - s)));
  }
  return dy;
}

}  // namespace slimlab
