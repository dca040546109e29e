// The bits of a JPEG's blocks, and the codes that they are written in.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

// Where the bits at hand stay in registers.
#if defined(__GNUC__)
#define SLIMLAB_WITHIN inline __attribute__((always_inline))
#else
#define SLIMLAB_WITHIN inline
#endif

namespace slimlab {

// Bytes with which every read of a block that begins inside of its data stays in the buffer: 64 codes of 32 bits, twice.
constexpr size_t kBeyond = 512;

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
  // A number as JPEG writes it: of so many bits, the negative ones less by one.
  int Take(int count) {
    if (count == 0) return 0;
    const int bits = int(Peek(count));
    Skip(count);
    return bits < (1 << (count - 1)) ? bits - (1 << count) + 1 : bits;
  }
  bool IsBeyond() const { return at_ - count_ / 8 > end_; }

 private:
  const uint8_t *at_, *end_;
  uint64_t held_ = 0;
  int count_ = 0;
};

// Codes of one kind. A symbol is how many zeros go before a number, four bits, and how many bits that has; 0 ends a block.
class Codes {
 public:
  struct Symbol { uint8_t length = 0, value = 0; };  // length 0: there is none
  // How many bits of a block's symbols and their numbers are skipped at a look, how far in the block that leads, and whether it ends.
  struct Skip { uint8_t bits : 5, ends : 1; uint8_t steps; };
  static constexpr int kLook = 13, kUsual = 10;

  // counts [16]: of codes of each length; values in their order. False if there are more codes than bits can tell.
  bool Read(const uint8_t *counts, const uint8_t *values) {
    uint32_t code = 0, total = 0;
    for (int length = 1; length <= 16; length++, code <<= 1) {
      first_[length] = code;
      place_[length] = total;
      for (int i = 0; i < counts[length - 1]; i++) values_[total++] = *values++;
      code += counts[length - 1];
      end_[length] = code;
      if (code > (1u << length)) return false;
    }
    for (uint32_t look = 0; look < usual_.size(); look++) usual_[look] = Search(look << (16 - kUsual), kUsual);
    for (uint32_t look = 0; look < skips_.size(); look++) skips_[look] = SkipOf(look << (16 - kLook));
    return true;
  }
  // @param bits  the next 16
  Symbol Find(uint32_t bits) const {
    const Symbol usual = usual_[bits >> (16 - kUsual)];
    return usual.length > 0 ? usual : Search(bits, 16);
  }
  // @param bits  the next kLook
  Skip Look(uint32_t bits) const { return skips_[bits]; }

 private:
  Symbol Search(uint32_t bits, int most) const {
    for (int length = 1; length <= most; length++) {
      const uint32_t code = bits >> (16 - length);
      if (code < end_[length]) return {uint8_t(length), values_[place_[length] + code - first_[length]]};
    }
    return {};
  }
  Skip SkipOf(uint32_t bits) const {
    Skip skip = {0, 0, 0};
    for (int used = 0, steps = 0; used < kLook && steps < 64;) {
      const Symbol symbol = Find((bits << used) & 0xffff);
      const int size = symbol.value & 15, run = symbol.value >> 4;
      const bool ends = size == 0 && run != 15;
      used += symbol.length + size;
      steps += ends ? 0 : run + 1;
      if (symbol.length == 0 || used > kLook) break;
      skip = {uint8_t(used), ends, uint8_t(steps)};
      if (ends) break;
    }
    return skip;
  }

  uint32_t first_[17] = {}, end_[17] = {}, place_[17] = {};
  uint8_t values_[256] = {};
  std::array<Symbol, 1 << kUsual> usual_;
  std::array<Skip, 1 << kLook> skips_;
};

}  // namespace slimlab
