// How loops are compiled: for each generation of processors, and along the channels without branches.
#pragma once

// One body for each generation of processors, chosen at load; elsewhere the one that the compiler makes.
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__)
#if __GNUC__ >= 12  // by what a processor can do; before, GCC knew only its name, which newer ones and AMD's do not have
#define SLIMLAB_CLONES "arch=x86-64-v4", "arch=x86-64-v3", "default"
#else
#define SLIMLAB_CLONES "arch=skylake-avx512", "arch=haswell", "default"
#endif
#define SLIMLAB_VECTORIZED __attribute__((target_clones(SLIMLAB_CLONES), optimize("O3", "no-trapping-math", "no-math-errno")))
#else
#define SLIMLAB_VECTORIZED
#endif
#if defined(__clang__)
#define SLIMLAB_ALONG_CHANNELS _Pragma("clang loop vectorize(assume_safety)") for (int64_t c = 0; c < channels; c++)
#else
#define SLIMLAB_ALONG_CHANNELS _Pragma("GCC ivdep") for (int64_t c = 0; c < channels; c++)
#endif
#define SLIMLAB_INLINE static inline __attribute__((always_inline))
