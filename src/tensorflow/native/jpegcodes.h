// The bits of a JPEG's blocks, and the codes that they are written in.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

// Where the bits at hand stay in registers.
#if defined(__GNUC__)
#define SLIMLAB_WITHIN inline __attribute__((always_inline))
#else
#define SLIMLAB_WITHIN inline
#endif

namespace slimlab {

// Bytes with which every read of a block that begins inside of its data stays in the buffer: 64 codes of 32 bits, twice.
constexpr size_t kBeyond = 512;

// A number as JPEG writes it: of so many bits, the negative ones less by one.
inline int NumberFrom(uint32_t bits, int count) { return int(bits) < (1 << (count - 1)) ? int(bits) - (1 << count) + 1 : int(bits); }

class Bits {
 public:
  Bits(const uint8_t *data, size_t size) : at_(data), end_(data + size) {}
  // At least 56 bits are then at hand.
  void Fill() {
    uint64_t next;
    std::memcpy(&next, at_, 8);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    next = __builtin_bswap64(next);
#endif
    held_ |= next >> count_;
    at_ += (63 - count_) >> 3;
    count_ |= 56;
  }
  uint64_t Peek(int count) const { return held_ >> (64 - count); }
  void Skip(int count) { held_ <<= count; count_ -= count; }
  int Take(int count) {
    if (count == 0) return 0;
    const uint32_t bits = uint32_t(Peek(count));
    Skip(count);
    return NumberFrom(bits, count);
  }
  bool IsBeyond() const { return at_ - count_ / 8 > end_; }

 private:
  const uint8_t *at_, *end_;
  uint64_t held_ = 0;
  int count_ = 0;
};

// The data of a scan, in segments between restarts, without the zeros that tell it from markers.
class Coded {
 public:
  // Whether the file ends after the scan.
  bool Read(const uint8_t *data, size_t size) {
    bytes_.reset(new uint8_t[size + kBeyond]);
    uint8_t *to = bytes_.get();
    const auto place = [&] { return size_t(to - bytes_.get()); };
    for (const uint8_t *end = data + size; data < end;) {
      for (uint64_t next; end - data >= 8; data += 8, to += 8) {
        std::memcpy(&next, data, 8);
        std::memcpy(to, &next, 8);
        const uint64_t marks = (~next - kOnes) & next & (kOnes << 7);  // the lowest is where a byte is 0xff
        if (marks == 0) continue;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        data += __builtin_ctzll(marks) / 8;
        to += __builtin_ctzll(marks) / 8;
#endif
        break;
      }
      while (data < end && *data != 0xff) *to++ = *data++;
      if (end - data < 2) break;
      const uint8_t mark = data[1];
      data += mark == 0xff ? 1 : 2;
      if (mark == 0) *to++ = 0xff;
      else if (mark == 0xd0 + ends_.size() % 8) ends_.push_back(place());
      else if (mark != 0xff) {
        ends_.push_back(place());
        std::memset(to, 0, kBeyond);
        return mark == 0xd9;
      }
    }
    return false;
  }
  size_t size() const { return ends_.back(); }
  size_t segments() const { return ends_.size(); }
  Bits Segment(size_t i) const {
    const size_t begin = i == 0 ? 0 : ends_[i - 1];
    return Bits(bytes_.get() + begin, ends_[i] - begin);
  }

 private:
  static constexpr uint64_t kOnes = 0x0101010101010101;
  std::unique_ptr<uint8_t[]> bytes_;
  std::vector<size_t> ends_;
};

// Codes of one kind: of blocks' means, or of their other numbers. A symbol is how many zeros go before a number, four bits, and how
// many bits that has; 0 ends a block.
class Codes {
 public:
  struct Symbol { uint8_t length = 0, value = 0; };  // length 0: there is none
  // A number, how many bits it has with its symbol, and how far in the block both lead; 0 bits: it is to be read by its symbol.
  struct Number { int16_t value = 0; uint8_t bits = 0, steps = 0; };
  // How many bits of a block's symbols and their numbers are skipped at a look, and how far in the block that leads.
  struct Skip { uint8_t bits, steps; };
  static constexpr int kLook = 13, kUsual = 11;
  static constexpr int kMost = 28;  // bits that are skipped at a look: half of what is at hand
  static constexpr int kEnd = 128;  // more steps where the block ends

  // counts [16]: of codes of each length; values in their order. False for what libjpeg refuses too: more codes than bits can tell, or
  // one of ones alone, or means of too many bits.
  bool Read(const uint8_t *counts, const uint8_t *values, bool isOfMeans) {
    uint32_t code = 0, total = 0;
    for (int length = 1; length <= 16; length++, code <<= 1) {
      first_[length] = code;
      place_[length] = total;
      for (int i = 0; i < counts[length - 1]; i++, values++) {
        if (isOfMeans && *values > 15) return false;
        values_[total++] = *values;
      }
      code += counts[length - 1];
      end_[length] = code;
      if (code >= (1u << length)) return false;
    }
    for (uint32_t look = 0; look < usual_.size(); look++) usual_[look] = Search(look << (16 - kUsual), kUsual);
    for (uint32_t look = 0; look < numbers_.size(); look++) numbers_[look] = NumberOf(look << (16 - kUsual), isOfMeans);
    for (uint32_t look = 0; look < skips_.size() && !isOfMeans; look++) skips_[look] = SkipOf(look << (16 - kLook));
    return true;
  }
  // @param bits  the next 16
  Symbol Find(uint32_t bits) const {
    const Symbol usual = usual_[bits >> (16 - kUsual)];
    return usual.length > 0 ? usual : Search(bits, 16);
  }
  // @param bits  the next kUsual
  Number Look(uint32_t bits) const { return numbers_[bits]; }
  // @param bits  the next kLook
  Skip LookFar(uint32_t bits) const { return skips_[bits]; }
  static int StepsOf(Symbol symbol) { return symbol.value == 0xf0 ? 16 : (symbol.value & 15) == 0 ? kEnd : (symbol.value >> 4) + 1; }

 private:
  Symbol Search(uint32_t bits, int most) const {
    for (int length = 1; length <= most; length++) {
      const uint32_t code = bits >> (16 - length);
      if (code < end_[length]) return {uint8_t(length), values_[place_[length] + code - first_[length]]};
    }
    return {};
  }
  Number NumberOf(uint32_t bits, bool isOfMean) const {
    const Symbol symbol = usual_[bits >> (16 - kUsual)];
    const int size = isOfMean ? symbol.value : symbol.value & 15, used = symbol.length + size;
    if (symbol.length == 0 || used > kUsual) return {};
    const int number = size == 0 ? 0 : NumberFrom((bits << symbol.length & 0xffff) >> (16 - size), size);
    return {int16_t(number), uint8_t(used), uint8_t(isOfMean ? 0 : StepsOf(symbol))};
  }
  // Of the last number that is skipped, the bits need not be seen. 64 steps: it is to be skipped by its symbol.
  Skip SkipOf(uint32_t bits) const {
    Skip skip = {0, 64};
    for (int used = 0, steps = 0; used < kLook && steps < kEnd;) {
      const Symbol symbol = Find(bits << used & 0xffff);
      if (symbol.length == 0 || used + symbol.length > kLook) break;
      used += symbol.length + (symbol.value & 15);
      steps += StepsOf(symbol);
      if (used > kMost || (steps & ~kEnd) > 63) break;
      skip = {uint8_t(used), uint8_t(steps)};
    }
    return skip;
  }

  uint32_t first_[17] = {}, end_[17] = {}, place_[17] = {};
  uint8_t values_[256] = {};
  std::array<Symbol, 1 << kUsual> usual_;
  std::array<Number, 1 << kUsual> numbers_;
  std::array<Skip, 1 << kLook> skips_;
};

}  // namespace slimlab
