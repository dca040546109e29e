// A baseline JPEG at an eighth of its sides, of the means of its blocks: just what libjpeg gives at this scale, in three quarters of its
// time, since the brightness's other coefficients are skipped, several at a look.
#pragma once
#include <cstdint>
#include <cstring>
#include <vector>
#include "jpegcodes.h"

namespace slimlab {

class JpegEighth {
 public:
  // Whether the file is of the kinds that this reads, and whole.
  bool Read(const uint8_t *file, size_t size) { return ReadHead(file, size) && ReadBlocks(); }
  int64_t height() const { return (height_ + 7) / 8; }
  int64_t width() const { return (width_ + 7) / 8; }
  // to [height, width, 3]
  void Write(uint8_t *to) const {
    for (int64_t y = 0; y < height(); y++)
      for (int64_t x = 0; x < width(); x++, to += 3) {
        const int light = Sample(0, y, x);
        if (parts_.size() == 1) { to[0] = to[1] = to[2] = uint8_t(light); continue; }
        const int blue = Sample(1, y, x) - 128, red = Sample(2, y, x) - 128;  // jdcolor.c
        to[0] = Limited(light + ((91881 * red + 32768) >> 16));
        to[1] = Limited(light + ((-22554 * blue - 46802 * red + 32768) >> 16));
        to[2] = Limited(light + ((116130 * blue + 32768) >> 16));
      }
  }

 private:
  struct Part {  // brightness or a color
    int id, across, down, quantizer, dc = 0, ac = 0;
    bool isSpread = false;  // 2 x 2 samples a block
    int last = 0;
    int64_t width = 0;
    std::vector<uint8_t> samples;
  };
  static uint8_t Limited(int64_t value) { return uint8_t(value < 0 ? 0 : value > 255 ? 255 : value); }
  int Sample(int i, int64_t y, int64_t x) const {
    const Part &part = parts_[i];
    if (i > 0 && !part.isSpread) { y = y * part.down / parts_[0].down; x = x * part.across / parts_[0].across; }
    return part.samples[y * part.width + x];
  }

  bool ReadHead(const uint8_t *file, size_t size) {
    if (size < 4 || file[0] != 0xff || file[1] != 0xd8) return false;
    for (size_t at = 2; at + 4 <= size;) {
      if (file[at] != 0xff) return false;
      const uint8_t marker = file[at + 1];
      if (marker == 0xff) { at++; continue; }
      const size_t length = file[at + 2] << 8 | file[at + 3], end = at + 2 + length;
      if (length < 2 || end > size) return false;
      const uint8_t *data = file + at + 4;
      const size_t count = length - 2;
      if (marker == 0xda) return ReadScan(data, count) && Unstuff(file + end, size - end);
      if (marker == 0xdb ? !ReadQuantizers(data, count) : marker == 0xc4 ? !ReadCodes(data, count)
          : marker == 0xc0 || marker == 0xc1 ? !ReadFrame(data, count) : (marker & 0xf0) == 0xc0) return false;
      if (marker == 0xdd) { if (count != 2) return false; interval_ = data[0] << 8 | data[1]; }
      if (marker == 0xe0 && count >= 5 && std::memcmp(data, "JFIF", 5) == 0) isJfif_ = true;
      if (marker == 0xee && count >= 5 && std::memcmp(data, "Adobe", 5) == 0) return false;
      at = end;
    }
    return false;
  }
  bool ReadQuantizers(const uint8_t *data, size_t count) {
    for (; count >= 65; data += 65, count -= 65) {
      if (data[0] > 3) return false;
      for (int i = 0; i < 64; i++) quantizers_[data[0]][i] = data[1 + i];
    }
    return count == 0;
  }
  bool ReadCodes(const uint8_t *data, size_t count) {
    while (count >= 17) {
      size_t total = 0;
      for (int i = 1; i <= 16; i++) total += data[i];
      const int kind = data[0] >> 4, number = data[0] & 15;
      if (kind > 1 || number > 1 || total > 256 || count < 17 + total) return false;
      codes_[kind][number].resize(1);
      if (!codes_[kind][number][0].Read(data + 1, data + 17)) return false;
      data += 17 + total;
      count -= 17 + total;
    }
    return count == 0;
  }
  bool ReadFrame(const uint8_t *data, size_t count) {
    if (!parts_.empty() || count < 6 || data[0] != 8 || (data[5] != 1 && data[5] != 3) || count != 6 + 3u * data[5]) return false;
    height_ = data[1] << 8 | data[2];
    width_ = data[3] << 8 | data[4];
    for (int i = 0; i < data[5]; i++) {
      const uint8_t *of = data + 6 + 3 * i;
      if (of[2] > 3) return false;
      parts_.push_back({of[0], of[1] >> 4, of[1] & 15, of[2]});
    }
    if (height_ == 0 || width_ == 0) return false;
    if (parts_.size() == 1) { parts_[0].across = parts_[0].down = 1; return true; }
    const int across = parts_[0].across, down = parts_[0].down;
    if (across < 1 || across > 2 || down < 1 || down > 2) return false;
    for (int i = 1; i < 3; i++) {
      if (parts_[i].across != 1 || parts_[i].down != 1) return false;
      parts_[i].isSpread = across == 2 && down == 2;  // jdmaster.c: colors are scaled less rather than spread out again
    }
    return true;
  }
  bool ReadScan(const uint8_t *data, size_t count) {
    if (parts_.empty() || count != 4 + 2 * parts_.size() || data[0] != parts_.size()) return false;
    for (size_t i = 0; i < parts_.size(); i++) {
      Part &part = parts_[i];
      part.dc = data[2 + 2 * i] >> 4;
      part.ac = data[2 + 2 * i] & 15;
      if (data[1 + 2 * i] != part.id || part.dc > 1 || part.ac > 1) return false;
      if (codes_[0][part.dc].empty() || codes_[1][part.ac].empty()) return false;
      if (parts_.size() == 3 && !isJfif_ && part.id != int(i) + 1) return false;  // other colors than YCbCr, perhaps
    }
    return data[count - 3] == 0 && data[count - 2] == 63 && data[count - 1] == 0;
  }
  // The data between markers, without the zeros that tell it from these.
  bool Unstuff(const uint8_t *data, size_t size) {
    coded_.reserve(size + kBeyond);
    ends_.clear();
    for (const uint8_t *end = data + size; data < end;) {
      const uint8_t *mark = static_cast<const uint8_t *>(std::memchr(data, 0xff, end - data));
      const uint8_t *until = mark == nullptr ? end : mark;
      coded_.insert(coded_.end(), data, until);
      if (mark == nullptr || mark + 1 == end) break;
      data = mark + 2;
      if (mark[1] == 0) coded_.push_back(0xff);
      else if (mark[1] == 0xff) data = mark + 1;
      else if (mark[1] >= 0xd0 && mark[1] <= 0xd7 && mark[1] == 0xd0 + ends_.size() % 8) ends_.push_back(coded_.size());
      else break;
    }
    ends_.push_back(coded_.size());
    coded_.resize(coded_.size() + kBeyond);
    return true;
  }

  bool ReadBlocks() {
    const int across = parts_[0].across, down = parts_[0].down;
    const int64_t columns = (width_ + 8 * across - 1) / (8 * across), rows = (height_ + 8 * down - 1) / (8 * down);
    if (columns * rows > int64_t(coded_.size()) * 8) return false;  // a block has a bit at least
    for (Part &part : parts_) {
      const int spread = part.isSpread ? 2 : 1;
      part.width = columns * part.across * spread;
      part.samples.resize(part.width * rows * part.down * spread);
    }
    const int64_t interval = interval_ == 0 ? columns * rows : interval_;
    size_t segment = 0;
    Bits bits(coded_.data(), ends_[0]);
    for (int64_t unit = 0; unit < columns * rows; unit++) {
      if (unit > 0 && unit % interval == 0) {
        if (bits.IsBeyond() || ++segment >= ends_.size()) return false;
        bits = Bits(coded_.data() + ends_[segment - 1], ends_[segment] - ends_[segment - 1]);
        for (Part &part : parts_) part.last = 0;
      }
      const int64_t row = unit / columns, column = unit % columns;
      for (Part &part : parts_)
        for (int i = 0; i < part.across * part.down; i++)
          if (!ReadBlock(part, row * part.down + i / part.across, column * part.across + i % part.across, bits)) return false;
    }
    return !bits.IsBeyond() && segment + 1 == ends_.size();
  }
  SLIMLAB_WITHIN bool ReadBlock(Part &part, int64_t row, int64_t column, Bits &bits) {
    if (bits.IsBeyond()) return false;
    const Codes &ac = codes_[1][part.ac][0];
    bits.Fill();
    const Codes::Symbol symbol = codes_[0][part.dc][0].Find(uint32_t(bits.Peek(16)));
    if (symbol.length == 0 || symbol.value > 11) return false;
    bits.Skip(symbol.length);
    part.last += bits.Take(symbol.value);
    if (part.last < -32768 || part.last > 32767) return false;
    const int *quantizer = quantizers_[part.quantizer];
    if (part.isSpread) return Spread(part, 2 * row, 2 * column, ac, quantizer, bits);
    part.samples[row * part.width + column] = Limited(((part.last * quantizer[0] + 4) >> 3) + 128);  // jidctred.c
    return SkipNumbers(ac, bits);
  }
  SLIMLAB_WITHIN static bool SkipNumbers(const Codes &codes, Bits &bits) {
    for (int k = 1; k < 64;) {
      bits.Fill();
      for (int i = 0; i < 2 && k < 64; i++) {  // twice what is skipped is at hand
        const Codes::Skip skip = codes.Look(uint32_t(bits.Peek(Codes::kLook)));
        if (skip.bits > 0 && k + skip.steps < 64) {
          bits.Skip(skip.bits);
          k = skip.ends ? 64 : k + skip.steps;
          continue;
        }
        const Codes::Symbol symbol = codes.Find(uint32_t(bits.Peek(16)));
        const int size = symbol.value & 15, run = symbol.value >> 4;
        if (symbol.length == 0) return false;
        bits.Skip(symbol.length + size);
        k += size == 0 && run != 15 ? 64 : run + 1;
        if (k > 64 && (size > 0 || run == 15)) return false;
      }
    }
    return true;
  }
  // jidctred.c, jpeg_idct_2x2
  SLIMLAB_WITHIN static bool Spread(Part &part, int64_t y, int64_t x, const Codes &codes, const int *quantizer, Bits &bits) {
    static constexpr uint8_t kPlaces[64] = {0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
                                            41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
                                            30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};
    int numbers[64] = {part.last * quantizer[0]};
    unsigned columns = 0;  // in which there are numbers
    for (int k = 1; k < 64; k++) {
      bits.Fill();
      const Codes::Symbol symbol = codes.Find(uint32_t(bits.Peek(16)));
      const int size = symbol.value & 15, run = symbol.value >> 4;
      if (symbol.length == 0) return false;
      bits.Skip(symbol.length);
      if (size == 0 && run != 15) break;
      k += run;
      const int number = bits.Take(size);
      if (k > 63) return false;
      numbers[kPlaces[k]] = number * quantizer[k];
      columns |= 1u << (kPlaces[k] & 7);
    }
    uint8_t *top = &part.samples[y * part.width + x], *bottom = top + part.width;
    if (columns == 0) {
      top[0] = top[1] = bottom[0] = bottom[1] = Limited(((numbers[0] + 4) >> 3) + 128);
      return true;
    }
    const auto odd = [](int64_t a1, int64_t a3, int64_t a5, int64_t a7) { return 29692 * a1 - 10426 * a3 + 6967 * a5 - 5906 * a7; };
    const auto scaled = [](int64_t value, int bits) { return (value + (1 << (bits - 1))) >> bits; };
    int64_t rows[2][8] = {};
    for (const int c : {0, 1, 3, 5, 7}) {
      if (c > 0 && (columns >> c & 1) == 0) continue;
      const int64_t even = int64_t(numbers[c]) * (1 << 15), rest = odd(numbers[8 + c], numbers[24 + c], numbers[40 + c], numbers[56 + c]);
      rows[0][c] = scaled(even + rest, 13);
      rows[1][c] = scaled(even - rest, 13);
    }
    for (int i = 0; i < 2; i++) {
      const int64_t even = rows[i][0] * (1 << 15), rest = odd(rows[i][1], rows[i][3], rows[i][5], rows[i][7]);
      uint8_t *to = i == 0 ? top : bottom;
      to[0] = Limited(scaled(even + rest, 20) + 128);
      to[1] = Limited(scaled(even - rest, 20) + 128);
    }
    return true;
  }

  int64_t height_ = 0, width_ = 0;
  int interval_ = 0;
  bool isJfif_ = false;
  std::vector<Part> parts_;
  int quantizers_[4][64] = {};
  std::vector<Codes> codes_[2][2];  // of means and of the rest
  std::vector<uint8_t> coded_;
  std::vector<size_t> ends_;
};

}  // namespace slimlab
