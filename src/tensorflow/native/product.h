// Products of matrices whose second is packed: the inner loops of convolutions of our own.
#pragma once
#include <cstdint>

#if defined(__x86_64__) && defined(__GNUC__)
#define SLIMLAB_HAS_PRODUCTS
#include <immintrin.h>
#endif

namespace slimlab {

constexpr int64_t kPanel = 32;  // columns that the second matrix is packed by: [panels, depth, kPanel]

// to[rows][kPanel] = from[rows][depth] · panel[depth][kPanel]; rows of `from` lie `depth` apart.
using MultiplyPanel = void (*)(const float *from, const float *panel, int64_t depth, int64_t rows, float *to);

#if defined(SLIMLAB_HAS_PRODUCTS)

// As many rows as registers hold sums of: a factor that is loaded serves them all.
template <int kRows>
__attribute__((target("avx512f"), optimize("O3"))) static void MultiplyRows512(const float *from, const float *panel, int64_t depth, float *to) {
  __m512 left[kRows], right[kRows];
#pragma GCC unroll 16
  for (int i = 0; i < kRows; i++) left[i] = right[i] = _mm512_setzero_ps();
  for (int64_t k = 0; k < depth; k++, panel += kPanel) {
    const __m512 a = _mm512_loadu_ps(panel), b = _mm512_loadu_ps(panel + 16);
#pragma GCC unroll 16
    for (int i = 0; i < kRows; i++) {
      const __m512 factor = _mm512_set1_ps(from[i * depth + k]);
      left[i] = _mm512_fmadd_ps(factor, a, left[i]);
      right[i] = _mm512_fmadd_ps(factor, b, right[i]);
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < kRows; i++) {
    _mm512_storeu_ps(to + i * kPanel, left[i]);
    _mm512_storeu_ps(to + i * kPanel + 16, right[i]);
  }
}

template <int kRows>
__attribute__((target("avx2,fma"), optimize("O3"))) static void MultiplyRows256(const float *from, const float *panel, int64_t depth, float *to) {
  for (int64_t half = 0; half < kPanel; half += 16) {
    const float *at = panel + half;
    __m256 left[kRows], right[kRows];
#pragma GCC unroll 16
    for (int i = 0; i < kRows; i++) left[i] = right[i] = _mm256_setzero_ps();
    for (int64_t k = 0; k < depth; k++, at += kPanel) {
      const __m256 a = _mm256_loadu_ps(at), b = _mm256_loadu_ps(at + 8);
#pragma GCC unroll 16
      for (int i = 0; i < kRows; i++) {
        const __m256 factor = _mm256_broadcast_ss(from + i * depth + k);
        left[i] = _mm256_fmadd_ps(factor, a, left[i]);
        right[i] = _mm256_fmadd_ps(factor, b, right[i]);
      }
    }
#pragma GCC unroll 16
    for (int i = 0; i < kRows; i++) {
      _mm256_storeu_ps(to + i * kPanel + half, left[i]);
      _mm256_storeu_ps(to + i * kPanel + half + 8, right[i]);
    }
  }
}

using MultiplyRows = void (*)(const float *from, const float *panel, int64_t depth, float *to);

// In groups of rows, as equal as may be, of at most kMost.
template <int kMost>
static void InGroups(const MultiplyRows *loops, const float *from, const float *panel, int64_t depth, int64_t rows, float *to) {
  const int64_t groups = (rows + kMost - 1) / kMost;
  for (int64_t i = 0; i < groups; i++) {
    const int64_t begin = rows * i / groups, end = rows * (i + 1) / groups;
    loops[end - begin - 1](from + begin * depth, panel, depth, to + begin * kPanel);
  }
}

static void MultiplyPanel512(const float *from, const float *panel, int64_t depth, int64_t rows, float *to) {
  static constexpr MultiplyRows loops[] = {
      MultiplyRows512<1>, MultiplyRows512<2>, MultiplyRows512<3>,  MultiplyRows512<4>,  MultiplyRows512<5>,  MultiplyRows512<6>,  MultiplyRows512<7>,
      MultiplyRows512<8>, MultiplyRows512<9>, MultiplyRows512<10>, MultiplyRows512<11>, MultiplyRows512<12>, MultiplyRows512<13>, MultiplyRows512<14>};
  InGroups<14>(loops, from, panel, depth, rows, to);
}

static void MultiplyPanel256(const float *from, const float *panel, int64_t depth, int64_t rows, float *to) {
  static constexpr MultiplyRows loops[] = {MultiplyRows256<1>, MultiplyRows256<2>, MultiplyRows256<3>,
                                           MultiplyRows256<4>, MultiplyRows256<5>, MultiplyRows256<6>};
  InGroups<6>(loops, from, panel, depth, rows, to);
}

// The loop for this processor; null if it has none of the instructions that make it fast.
static MultiplyPanel FastestProduct() {
  if (__builtin_cpu_supports("avx512f")) return MultiplyPanel512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return MultiplyPanel256;
  return nullptr;
}

#else
static MultiplyPanel FastestProduct() { return nullptr; }
#endif

}  // namespace slimlab
