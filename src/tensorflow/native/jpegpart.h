// A window of a baseline JPEG at a quarter or an eighth of its sides: just what libjpeg gives of it, in a fraction of its time, since
// what is not needed for that is skipped, several numbers at a look, and what comes below is not read.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>
#include "jpegblock.h"

namespace slimlab {

class JpegPart {
 public:
  struct Window { int64_t top, left, height, width; };

  // Whether the file is of the kinds that this reads at a ratio of 4 or 8, the window is in it, and what is needed of the file is whole.
  bool Read(const uint8_t *file, size_t size, int ratio, const Window &window) {
    window_ = window;
    return ReadHead(file, size) && Place(ratio) && ReadBlocks();
  }
  // to [window's height, its width, 3]
  void Write(uint8_t *to) const {
    for (int64_t y = 0; y < window_.height; y++, to += 3 * window_.width) {
      const uint8_t *light = RowOf(parts_[0], y);
      if (parts_.size() == 1) {
        for (int64_t x = 0; x < window_.width; x++) to[3 * x] = to[3 * x + 1] = to[3 * x + 2] = light[x];
        continue;
      }
      const uint8_t *blue = RowOf(parts_[1], y), *red = RowOf(parts_[2], y);
      if (parts_[1].scaleAcross == 1) {
        for (int64_t x = 0; x < window_.width; x++) WriteColor(light[x], blue[x], red[x], to + 3 * x);
        continue;
      }
      const int64_t left = (window_.left - left_ * parts_[0].across * parts_[0].size) % 2;
      for (int64_t x = 0; x < window_.width; x++) WriteColor(light[x], blue[(left + x) / 2], red[(left + x) / 2], to + 3 * x);
    }
  }

 private:
  struct Part {  // brightness or a color
    int id, across, down, quantizer, dc = 0, ac = 0;
    int size = 1;  // samples a side of a block
    int scaleAcross = 1, scaleDown = 1;  // pixels a sample
    int64_t width = 0;
    std::vector<uint8_t> samples;
    Block block;
  };
  // jdcolor.c
  static void WriteColor(int light, int blue, int red, uint8_t *to) {
    blue -= 128;
    red -= 128;
    to[0] = Limited(light + ((91881 * red + 32768) >> 16));
    to[1] = Limited(light + ((-22554 * blue - 46802 * red + 32768) >> 16));
    to[2] = Limited(light + ((116130 * blue + 32768) >> 16));
  }
  // A row of the window in a part's samples, from the window's first pixel on.
  const uint8_t *RowOf(const Part &part, int64_t y) const {
    const Part &light = parts_[0];
    const int64_t row = y + window_.top - top_ * light.down * light.size, column = window_.left - left_ * light.across * light.size;
    return &part.samples[row / part.scaleDown * part.width + column / part.scaleAcross];
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
      if (marker == 0xda) return ReadScan(data, count) && coded_.Read(file + end, size - end);
      const bool isRead = marker == 0xdb   ? ReadQuantizers(data, count)
                          : marker == 0xc4 ? ReadCodes(data, count)
                          : marker == 0xdd ? ReadInterval(data, count)
                          : marker == 0xc0 || marker == 0xc1 ? ReadFrame(data, count)
                                                             : marker >> 4 == 0xe || marker == 0xfe;  // passed over
      if (!isRead) return false;
      if (marker == 0xe0 && count >= 5 && std::memcmp(data, "JFIF", 5) == 0) isJfif_ = true;
      if (marker == 0xee && count >= 5 && std::memcmp(data, "Adobe", 5) == 0) return false;
      at = end;
    }
    return false;
  }
  bool ReadInterval(const uint8_t *data, size_t count) {
    if (count == 2) interval_ = data[0] << 8 | data[1];
    return count == 2;
  }
  bool ReadQuantizers(const uint8_t *data, size_t count) {
    for (; count >= 65; data += 65, count -= 65) {
      if (data[0] > 3) return false;
      quantizers_[data[0]].assign(data + 1, data + 65);
    }
    return count == 0;
  }
  bool ReadCodes(const uint8_t *data, size_t count) {
    while (count >= 17) {
      size_t total = 0;
      for (int i = 1; i <= 16; i++) total += data[i];
      const int kind = data[0] >> 4, number = data[0] & 15;
      if (kind > 1 || number > 1 || total > 256 || count < 17 + total) return false;
      codes_[kind][number] = std::make_unique<Codes>();
      if (!codes_[kind][number]->Read(data + 1, data + 17, kind == 0)) return false;
      data += 17 + total;
      count -= 17 + total;
    }
    return count == 0;
  }
  bool ReadFrame(const uint8_t *data, size_t count) {
    if (!parts_.empty() || count < 6 || data[0] != 8 || (data[5] != 1 && data[5] != 3) || count != 6 + 3u * data[5]) return false;
    height_ = data[1] << 8 | data[2];
    width_ = data[3] << 8 | data[4];
    if (height_ == 0 || width_ == 0) return false;
    for (int i = 0; i < data[5]; i++) {
      const uint8_t *of = data + 6 + 3 * i;
      if (of[2] > 3) return false;
      parts_.emplace_back();
      Part &part = parts_.back();
      part.id = of[0];
      part.across = of[1] >> 4;
      part.down = of[1] & 15;
      part.quantizer = of[2];
    }
    if (parts_.size() == 1) { parts_[0].across = parts_[0].down = 1; return true; }
    const int across = parts_[0].across, down = parts_[0].down;
    if (across < 1 || across > 2 || down < 1 || down > 2) return false;
    return parts_[1].across == 1 && parts_[1].down == 1 && parts_[2].across == 1 && parts_[2].down == 1;
  }
  bool ReadScan(const uint8_t *data, size_t count) {
    if (parts_.empty() || count != 4 + 2 * parts_.size() || data[0] != parts_.size()) return false;
    for (size_t i = 0; i < parts_.size(); i++) {
      Part &part = parts_[i];
      part.dc = data[2 + 2 * i] >> 4;
      part.ac = data[2 + 2 * i] & 15;
      if (data[1 + 2 * i] != part.id || part.dc > 1 || part.ac > 1) return false;
      if (codes_[0][part.dc] == nullptr || codes_[1][part.ac] == nullptr || quantizers_[part.quantizer].empty()) return false;
      if (parts_.size() == 3 && !isJfif_ && part.id != int(i) + 1) return false;  // other colors than YCbCr, perhaps
    }
    return data[count - 3] == 0 && data[count - 2] == 63 && data[count - 1] == 0;
  }

  // Sizes of blocks, and what the window needs of them.
  bool Place(int ratio) {
    if (ratio != 4 && ratio != 8) return false;
    const auto scaled = [ratio](int64_t side) { return (side + ratio - 1) / ratio; };
    const bool isInside = window_.top >= 0 && window_.left >= 0 && window_.height > 0 && window_.width > 0 &&
                          window_.height <= scaled(height_) && window_.top <= scaled(height_) - window_.height &&
                          window_.width <= scaled(width_) && window_.left <= scaled(width_) - window_.width;
    if (!isInside) return false;
    const int across = parts_[0].across, down = parts_[0].down, size = 8 / ratio;
    const bool areSpread = across == 2 && down == 2;  // jdmaster.c: colors are scaled less rather than spread out again
    if (size > 1 && across * down == 2) return false;  // jdsample.c: interpolated
    columns_ = (width_ + 8 * across - 1) / (8 * across);
    rows_ = (height_ + 8 * down - 1) / (8 * down);
    top_ = window_.top / (down * size);
    left_ = window_.left / (across * size);
    bottom_ = (window_.top + window_.height - 1) / (down * size) + 1;
    right_ = (window_.left + window_.width - 1) / (across * size) + 1;
    if (bottom_ * columns_ > int64_t(coded_.size()) * 8) return false;  // a block has a bit at least
    for (size_t i = 0; i < parts_.size(); i++) {
      Part &part = parts_[i];
      part.size = i > 0 && areSpread ? 2 * size : size;
      part.scaleAcross = i > 0 && !areSpread ? across : 1;
      part.scaleDown = i > 0 && !areSpread ? down : 1;
      part.width = (right_ - left_) * part.across * part.size;
      part.samples.resize(part.width * (bottom_ - top_) * part.down * part.size);
      part.block = Block(codes_[0][part.dc].get(), codes_[1][part.ac].get(), quantizers_[part.quantizer].data(), part.size);
    }
    return true;
  }

  bool ReadBlocks() {
    const int64_t interval = interval_ == 0 ? columns_ * rows_ : interval_;
    size_t segment = size_t(top_ * columns_ / interval);  // those before are not needed
    if (segment >= coded_.segments()) return false;
    const int64_t unit = int64_t(segment) * interval;
    int64_t left = interval;
    Bits bits = coded_.Segment(segment);
    for (int64_t row = unit / columns_, column = unit % columns_; row < bottom_; row++, column = 0)
      for (; column < columns_; column++) {
        if (left-- == 0) {
          left = interval - 1;
          if (bits.IsBeyond() || ++segment >= coded_.segments()) return false;
          bits = coded_.Segment(segment);
          for (Part &part : parts_) part.block.Restart();
        }
        const bool isNeeded = row >= top_ && column >= left_ && column < right_;
        for (Part &part : parts_)
          for (int y = 0; y < part.down; y++)
            for (int x = 0; x < part.across; x++) {
              if (bits.IsBeyond()) return false;
              const int64_t down = ((row - top_) * part.down + y) * part.size, along = ((column - left_) * part.across + x) * part.size;
              uint8_t *to = isNeeded ? &part.samples[down * part.width + along] : nullptr;
              if (!(isNeeded ? part.block.Read(bits, to, part.width) : part.block.Skip(bits))) return false;
            }
      }
    return !bits.IsBeyond() && (bottom_ < rows_ || segment + 1 == coded_.segments());
  }

  int64_t height_ = 0, width_ = 0;
  int64_t rows_ = 0, columns_ = 0;  // of units: the blocks of all parts for some pixels
  int64_t top_ = 0, left_ = 0, bottom_ = 0, right_ = 0;  // the units that the window needs
  Window window_ = {};
  int interval_ = 0;
  bool isJfif_ = false;
  std::vector<Part> parts_;
  std::vector<uint8_t> quantizers_[4];
  std::unique_ptr<Codes> codes_[2][2];  // of means and of the rest
  Coded coded_;
};

}  // namespace slimlab
