// A JPEG's blocks, each as so few samples as it is wanted of, or skipped.
#pragma once
#include <cstdint>
#include "jpegcodes.h"

namespace slimlab {

inline uint8_t Limited(int64_t value) { return uint8_t(value < 0 ? 0 : value > 255 ? 255 : value); }

class Block {
 public:
  Block() = default;
  // @param size  of a block's side: 1, 2 or 4 samples
  Block(const Codes *means, const Codes *rest, const uint8_t *quantizer, int size) : means_(means), rest_(rest), size_(size) {
    for (int k = 0; k < 64; k++) {
      const int row = kPlaces[k] >> 3;
      for (int y = 0; y < size; y++) weights_[k][y] = quantizer[k] * (size == 1 ? 1 : size == 2 ? kTwo[row][y] : kFour[row][y]);
    }
  }
  void Restart() { mean_ = 0; }
  // False where there is none. @param stride  from one row of samples to the next
  SLIMLAB_WITHIN bool Read(Bits &bits, uint8_t *to, int64_t stride) {
    return size_ == 1 ? ReadMean(bits, to) : size_ == 2 ? ReadTwo(bits, to, stride) : ReadFour(bits, to, stride);
  }
  SLIMLAB_WITHIN bool Skip(Bits &bits) { return TakeMean(bits) && SkipNumbers(bits); }

 private:
  static constexpr uint8_t kPlaces[64] = {0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
                                          41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
                                          30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};
  // jidctred.c: what each row, then each column, adds to the samples.
  static constexpr int kTwo[8][2] = {{1 << 15, 1 << 15}, {29692, -29692}, {}, {-10426, 10426}, {}, {6967, -6967}, {}, {-5906, 5906}};
  static constexpr int kFour[8][4] = {{1 << 14, 1 << 14, 1 << 14, 1 << 14}, {20995, 8697, -8697, -20995}, {15137, -15137, -15137, 15137},
                                      {7373, -17799, 17799, -7373},         {},                           {-4926, 11893, -11893, 4926},
                                      {-6270, 6270, 6270, -6270},           {-4176, -1730, 1730, 4176}};
  static int64_t Scaled(int64_t value, int bits) { return (value + (int64_t(1) << (bits - 1))) >> bits; }

  SLIMLAB_WITHIN bool TakeMean(Bits &bits) {
    bits.Fill();
    const Codes::Number number = means_->Look(uint32_t(bits.Peek(Codes::kUsual)));
    if (__builtin_expect(number.bits > 0, 1)) {
      bits.Skip(number.bits);
      mean_ += number.value;
    } else {
      const Codes::Symbol symbol = means_->Find(uint32_t(bits.Peek(16)));
      if (symbol.length == 0 || symbol.value > 11) return false;
      bits.Skip(symbol.length);
      mean_ += bits.Take(symbol.value);
    }
    return mean_ >= -32768 && mean_ <= 32767;
  }
  SLIMLAB_WITHIN bool ReadMean(Bits &bits, uint8_t *to) {
    if (!TakeMean(bits)) return false;
    const int sample = (mean_ * weights_[0][0] + 4) >> 3;
    *to = Limited(((sample & 1023) ^ 512) - 512 + 128);  // jidctred.c, jpeg_idct_1x1: of ten bits
    return SkipNumbers(bits);
  }
  SLIMLAB_WITHIN bool SkipNumbers(Bits &bits) {
    for (unsigned k = 1;;) {
      bits.Fill();
      for (int i = 0; i < 2; i++) {  // twice what is skipped is at hand
        const Codes::Skip skip = rest_->LookFar(uint32_t(bits.Peek(Codes::kLook)));
        const unsigned next = k + skip.steps;
        if (__builtin_expect(next - 64 < 64 || next >= Codes::kEnd + 64, 0)) {
          const Codes::Symbol symbol = rest_->Find(uint32_t(bits.Peek(16)));
          if (symbol.length == 0) return false;
          bits.Skip(symbol.length + (symbol.value & 15));
          k += Codes::StepsOf(symbol);
          if (k >= 64) return k == 64 || k >= Codes::kEnd;
          break;
        }
        bits.Skip(skip.bits);
        if (next >= Codes::kEnd) return true;
        k = next;
      }
    }
  }
  // What the numbers of each column add to its samples.
  template <int kSize>
  SLIMLAB_WITHIN bool TakeColumns(Bits &bits, int64_t (&columns)[8][kSize]) {
    if (!TakeMean(bits)) return false;
    for (int y = 0; y < kSize; y++) columns[0][y] = int64_t(mean_) * weights_[0][y];
    for (unsigned k = 1; k < 64;) {
      bits.Fill();
      Codes::Number number = rest_->Look(uint32_t(bits.Peek(Codes::kUsual)));
      if (__builtin_expect(number.bits > 0, 1)) {
        bits.Skip(number.bits);
      } else {
        const Codes::Symbol symbol = rest_->Find(uint32_t(bits.Peek(16)));
        if (symbol.length == 0) return false;
        bits.Skip(symbol.length);
        number.value = int16_t(bits.Take(symbol.value & 15));
        number.steps = uint8_t(Codes::StepsOf(symbol));
      }
      k += number.steps;
      if (k > 64) return k >= Codes::kEnd;
      int64_t *column = columns[kPlaces[k - 1] & 7];
      for (int y = 0; y < kSize; y++) column[y] += int64_t(number.value) * weights_[k - 1][y];
    }
    return true;
  }
  // jidctred.c, jpeg_idct_2x2
  SLIMLAB_WITHIN bool ReadTwo(Bits &bits, uint8_t *to, int64_t stride) {
    int64_t columns[8][2] = {};
    if (!TakeColumns(bits, columns)) return false;
    for (int y = 0; y < 2; y++, to += stride) {
      const auto at = [&](int column) { return Scaled(columns[column][y], 13); };
      const int64_t even = at(0) * kTwo[0][0], odd = at(1) * kTwo[1][0] + at(3) * kTwo[3][0] + at(5) * kTwo[5][0] + at(7) * kTwo[7][0];
      to[0] = Limited(Scaled(even + odd, 20) + 128);
      to[1] = Limited(Scaled(even - odd, 20) + 128);
    }
    return true;
  }
  // jidctred.c, jpeg_idct_4x4
  SLIMLAB_WITHIN bool ReadFour(Bits &bits, uint8_t *to, int64_t stride) {
    int64_t columns[8][4] = {};
    if (!TakeColumns(bits, columns)) return false;
    for (int y = 0; y < 4; y++, to += stride) {
      int64_t row[8];
      for (int column = 0; column < 8; column++) row[column] = Scaled(columns[column][y], 12);
      const auto odd = [&](int x) { return row[1] * kFour[1][x] + row[3] * kFour[3][x] + row[5] * kFour[5][x] + row[7] * kFour[7][x]; };
      const int64_t mean = row[0] * kFour[0][0], even = row[2] * kFour[2][0] + row[6] * kFour[6][0], outer = odd(0), inner = odd(1);
      to[0] = Limited(Scaled(mean + even + outer, 19) + 128);
      to[1] = Limited(Scaled(mean - even + inner, 19) + 128);
      to[2] = Limited(Scaled(mean - even - inner, 19) + 128);
      to[3] = Limited(Scaled(mean + even - outer, 19) + 128);
    }
    return true;
  }

  const Codes *means_ = nullptr, *rest_ = nullptr;
  int size_ = 1, mean_ = 0;
  int weights_[64][4] = {};
};

}  // namespace slimlab
