// The loops of Winograd's convolution F(2 x 2, 3 x 3): a 3 x 3 convolution of stride 1 as 16 products of matrices, which
// takes 4 multiplications for each 9. Tiles of 2 x 2 outputs are made of patches of 4 x 4 inputs. With
//   Bt = [1 0 -1 0; 0 1 1 0; 0 -1 1 0; 0 1 0 -1]   G = [1 0 0; 1/2 1/2 1/2; 1/2 -1/2 1/2; 0 0 1]   At = [1 1 1 0; 0 1 -1 -1]
// a tile is At ((G filter Gt) * (Bt patch B)) A. Lavin and Gray 2015, arXiv 1509.09308.
// Each loop goes along the channels, of which a place of a patch or tile has a row.
#pragma once
#include "batchnorm.h"

namespace slimlab {

constexpr int64_t kPatch = 4, kTile = 2, kPlaces = kPatch * kPatch;

struct Four { float a, b, c, d; };
struct Three { float a, b, c; };
struct Two { float a, b; };

SLIMLAB_INLINE Four SpreadPatch(Four d) { return {d.a - d.c, d.b + d.c, d.c - d.b, d.b - d.d}; }
SLIMLAB_INLINE Four SpreadTile(Two g) { return {g.a, g.a + g.b, g.a - g.b, -g.b}; }
SLIMLAB_INLINE Two GatherTile(Four m) { return {m.a + m.b + m.c, m.b - m.c - m.d}; }
SLIMLAB_INLINE Four SpreadFilter(Three g) {
  const float even = (g.a + g.c) * 0.5f, odd = g.b * 0.5f;
  return {g.a, even + odd, even - odd, g.c};
}
SLIMLAB_INLINE Three GatherFilter(Four s) {
  const float even = (s.b + s.c) * 0.5f;
  return {s.a + even, (s.b - s.c) * 0.5f, even + s.d};
}

// Where place [row][column] of the 16 begins in `planes`; reversed in both directions, as for the filter turned by 180
// degrees, whose spread values are those of the filter with the first and last place exchanged each way.
SLIMLAB_INLINE int64_t PlaceOf(int64_t row, int64_t column, bool reversed) {
  const int64_t r = reversed && row % 3 == 0 ? 3 - row : row, c = reversed && column % 3 == 0 ? 3 - column : column;
  return r * kPatch + c;
}

#define SLIMLAB_STORE_ROW(row, four)                   \
  out[PlaceOf(row, 0, reversed) * plane + c] = four.a; \
  out[PlaceOf(row, 1, reversed) * plane + c] = four.b; \
  out[PlaceOf(row, 2, reversed) * plane + c] = four.c; \
  out[PlaceOf(row, 3, reversed) * plane + c] = four.d;

template <bool reversed>
SLIMLAB_INLINE void SpreadPatchRows(const float *const *in, int64_t channels, int64_t plane, float *out) {
  const float *i00 = in[0], *i01 = in[1], *i02 = in[2], *i03 = in[3], *i10 = in[4], *i11 = in[5], *i12 = in[6], *i13 = in[7];
  const float *i20 = in[8], *i21 = in[9], *i22 = in[10], *i23 = in[11], *i30 = in[12], *i31 = in[13], *i32 = in[14], *i33 = in[15];
  SLIMLAB_ALONG_CHANNELS {
    const Four p = SpreadPatch({i00[c], i10[c], i20[c], i30[c]}), q = SpreadPatch({i01[c], i11[c], i21[c], i31[c]});
    const Four r = SpreadPatch({i02[c], i12[c], i22[c], i32[c]}), s = SpreadPatch({i03[c], i13[c], i23[c], i33[c]});
    const Four first = SpreadPatch({p.a, q.a, r.a, s.a}), second = SpreadPatch({p.b, q.b, r.b, s.b});
    const Four third = SpreadPatch({p.c, q.c, r.c, s.c}), fourth = SpreadPatch({p.d, q.d, r.d, s.d});
    SLIMLAB_STORE_ROW(0, first)
    SLIMLAB_STORE_ROW(1, second)
    SLIMLAB_STORE_ROW(2, third)
    SLIMLAB_STORE_ROW(3, fourth)
  }
}
// A patch, given by the rows of its 16 places, to the 16 planes
SLIMLAB_VECTORIZED static void SpreadPatches(const float *const *in, int64_t channels, bool reversed, int64_t plane, float *out) {
  if (reversed) SpreadPatchRows<true>(in, channels, plane, out);
  else SpreadPatchRows<false>(in, channels, plane, out);
}

// The gradient of a tile, given by the rows of its 4 places, to the 16 planes
SLIMLAB_VECTORIZED static void SpreadTiles(const float *const *in, int64_t channels, int64_t plane, float *out) {
  constexpr bool reversed = false;
  const float *i00 = in[0], *i01 = in[1], *i10 = in[2], *i11 = in[3];
  SLIMLAB_ALONG_CHANNELS {
    const Four p = SpreadTile({i00[c], i10[c]}), q = SpreadTile({i01[c], i11[c]});
    const Four first = SpreadTile({p.a, q.a}), second = SpreadTile({p.b, q.b});
    const Four third = SpreadTile({p.c, q.c}), fourth = SpreadTile({p.d, q.d});
    SLIMLAB_STORE_ROW(0, first)
    SLIMLAB_STORE_ROW(1, second)
    SLIMLAB_STORE_ROW(2, third)
    SLIMLAB_STORE_ROW(3, fourth)
  }
}

template <bool reversed>
SLIMLAB_INLINE void GatherTileRows(const float *in, int64_t plane, int64_t channels, float *const *out) {
  const float *i[kPlaces];
  for (int64_t k = 0; k < kPlaces; k++) i[k] = in + PlaceOf(k / kPatch, k % kPatch, reversed) * plane;
  float *o00 = out[0], *o01 = out[1], *o10 = out[2], *o11 = out[3];
  SLIMLAB_ALONG_CHANNELS {
    const Two p = GatherTile({i[0][c], i[4][c], i[8][c], i[12][c]}), q = GatherTile({i[1][c], i[5][c], i[9][c], i[13][c]});
    const Two r = GatherTile({i[2][c], i[6][c], i[10][c], i[14][c]}), s = GatherTile({i[3][c], i[7][c], i[11][c], i[15][c]});
    const Two first = GatherTile({p.a, q.a, r.a, s.a}), second = GatherTile({p.b, q.b, r.b, s.b});
    o00[c] = first.a;
    o01[c] = first.b;
    o10[c] = second.a;
    o11[c] = second.b;
  }
}
// The 16 planes to a tile, given by the rows of its 4 places
SLIMLAB_VECTORIZED static void GatherTiles(const float *in, int64_t plane, int64_t channels, bool reversed, float *const *out) {
  if (reversed) GatherTileRows<true>(in, plane, channels, out);
  else GatherTileRows<false>(in, plane, channels, out);
}

// Elements of filters, whose 9 places lie `plane` apart, to 16
SLIMLAB_VECTORIZED static void SpreadFilters(const float *in, int64_t plane, int64_t channels, float *out) {
  constexpr bool reversed = false;
  SLIMLAB_ALONG_CHANNELS {
    const float *at = in + c;
    const Four p = SpreadFilter({at[0], at[3 * plane], at[6 * plane]}), q = SpreadFilter({at[plane], at[4 * plane], at[7 * plane]});
    const Four r = SpreadFilter({at[2 * plane], at[5 * plane], at[8 * plane]});
    const Four first = SpreadFilter({p.a, q.a, r.a}), second = SpreadFilter({p.b, q.b, r.b});
    const Four third = SpreadFilter({p.c, q.c, r.c}), fourth = SpreadFilter({p.d, q.d, r.d});
    SLIMLAB_STORE_ROW(0, first)
    SLIMLAB_STORE_ROW(1, second)
    SLIMLAB_STORE_ROW(2, third)
    SLIMLAB_STORE_ROW(3, fourth)
  }
}

// The gradient of SpreadFilters()
SLIMLAB_VECTORIZED static void GatherFilters(const float *in, int64_t plane, int64_t channels, float *out) {
  SLIMLAB_ALONG_CHANNELS {
    const float *at = in + c;
    const Three p = GatherFilter({at[0], at[4 * plane], at[8 * plane], at[12 * plane]});
    const Three q = GatherFilter({at[plane], at[5 * plane], at[9 * plane], at[13 * plane]});
    const Three r = GatherFilter({at[2 * plane], at[6 * plane], at[10 * plane], at[14 * plane]});
    const Three s = GatherFilter({at[3 * plane], at[7 * plane], at[11 * plane], at[15 * plane]});
    const Three first = GatherFilter({p.a, q.a, r.a, s.a}), second = GatherFilter({p.b, q.b, r.b, s.b});
    const Three third = GatherFilter({p.c, q.c, r.c, s.c});
    out[c] = first.a, out[plane + c] = first.b, out[2 * plane + c] = first.c;
    out[3 * plane + c] = second.a, out[4 * plane + c] = second.b, out[5 * plane + c] = second.c;
    out[6 * plane + c] = third.a, out[7 * plane + c] = third.b, out[8 * plane + c] = third.c;
  }
}
#undef SLIMLAB_STORE_ROW

}  // namespace slimlab
