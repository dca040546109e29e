// Memory for large tensors: one range of addresses, whose pages the system lends as they are touched and gets back on request.
#pragma once
#include <sys/mman.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

namespace slimlab {

// Best fit: the smallest free piece that is large enough, the lowest of several; what is left of it stays free, and free neighbours
// are one piece. Nothing is rounded up and nothing kept apart by size, so that little is touched beside what is asked for.
class Arena {
 public:
  static constexpr size_t kAlignment = 256;

  // Lends up to `limit` bytes; nothing if the system refuses the addresses, as under ulimit -v.
  explicit Arena(size_t limit) : limit_(limit) {
    const size_t addresses = 4 * limit; // room enough where pieces of many sizes leave gaps
    void *const range = mmap(nullptr, addresses, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (range == MAP_FAILED) return;
    begin_ = end_ = static_cast<char *>(range);
    last_ = begin_ + addresses;
  }
  Arena(const Arena &) = delete;

  bool has_addresses() const { return begin_ != nullptr; }
  bool Owns(const void *memory) const { return memory >= begin_ && memory < last_; }

  // None if it has no more.
  void *Allocate(size_t wanted) {
    const size_t size = (wanted + kAlignment - 1) / kAlignment * kAlignment;
    std::lock_guard<std::mutex> lock(mutex_);
    if (size < wanted || size > limit_ - used_) return nullptr;
    auto fit = free_.lower_bound({size, nullptr});
    if (fit == free_.end()) {
      if (!Extend(size)) return nullptr;
      fit = free_.lower_bound({size, nullptr});
    }
    const auto [found, memory] = *fit;
    free_.erase(fit);
    pieces_[memory] = {size, false};
    if (found > size) AddFree(memory + size, found - size);
    used_ += size;
    lent_ += size;
    if (lent_ / kTimes > static_cast<size_t>(end_ - begin_) && !is_enlarging_.exchange(true))
      std::thread(&Arena::Enlarge, this).detach();
    return memory;
  }
  void Free(void *memory) {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto piece = pieces_.find(static_cast<char *>(memory));
    used_ -= piece->second.size;
    Join(piece);
  }
  // Gives the system back the pages of what is free. The addresses stay; touched again, they have other pages.
  void Release() {
    std::lock_guard<std::mutex> lock(mutex_);
    is_enlarging_ = false;
    lent_ = 0;
    for (const auto &[size, memory] : free_) {
      char *const from = Up(memory), *const to = Up(memory + size + 1) - kPage; // whole pages alone
      if (from < to) madvise(from, to - from, MADV_DONTNEED);
    }
  }

 private:
  struct Piece { size_t size; bool is_free; };
  using Pieces = std::map<char *, Piece>;
  static constexpr size_t kPage = 65536; // or less, of all processors that Linux runs on
  static constexpr size_t kStep = 64 << 20;
  static constexpr size_t kHugePage = 2 << 20;
  static constexpr int kCollapse = 25; // Linux' MADV_COLLAPSE, which older headers lack
  static constexpr size_t kTimes = 40; // that memory is lent before huge pages pay: a training of ten steps ends sooner without

  static char *Up(char *memory, size_t page = kPage) {
    return reinterpret_cast<char *>((reinterpret_cast<uintptr_t>(memory) + page - 1) / page * page);
  }
  // Has huge pages take the small ones' place, in a thread of its own and in a quarter of its time: a pass over all memory, which
  // then costs a step 4 to 8 % less. Where Linux knows no MADV_COLLAPSE (before 6.1) or has no huge pages, all stays as it was.
  void Enlarge() {
    char *const begin = Up(begin_, kHugePage);
    if (madvise(begin, last_ - begin, MADV_HUGEPAGE) != 0) return;
    for (char *page = begin; is_enlarging_ && page + kHugePage <= end(); page += kHugePage) {
      const auto before = std::chrono::steady_clock::now();
      madvise(page, kHugePage, kCollapse);
      std::this_thread::sleep_for(3 * (std::chrono::steady_clock::now() - before));
    }
  }
  char *end() {
    std::lock_guard<std::mutex> lock(mutex_);
    return end_;
  }
  void AddFree(char *memory, size_t size) {
    pieces_[memory] = {size, true};
    free_.insert({size, memory});
  }
  // Makes a piece free, one with its neighbours if they are.
  void Join(Pieces::iterator piece) {
    auto first = piece, last = std::next(piece);
    if (last != pieces_.end() && last->second.is_free) ++last;
    if (first != pieces_.begin() && std::prev(first)->second.is_free) --first;
    char *const memory = first->first;
    size_t size = 0;
    for (auto one = first; one != last; ++one) {
      size += one->second.size;
      if (one->second.is_free) free_.erase({one->second.size, one->first});
    }
    pieces_.erase(first, last);
    AddFree(memory, size);
  }
  // Has the last piece, which is free then, be so large at least.
  bool Extend(size_t size) {
    const bool is_last_free = !pieces_.empty() && pieces_.rbegin()->second.is_free;
    const size_t missing = size - (is_last_free ? pieces_.rbegin()->second.size : 0);
    const size_t more = (missing + kStep - 1) / kStep * kStep;
    if (more > static_cast<size_t>(last_ - end_) || mprotect(end_, more, PROT_READ | PROT_WRITE) != 0) return false;
    Join(pieces_.emplace(end_, Piece{more, false}).first);
    end_ += more;
    return true;
  }

  const size_t limit_;
  char *begin_ = nullptr, *end_ = nullptr, *last_ = nullptr; // what may be touched ends at end_, the addresses at last_
  std::mutex mutex_;
  size_t used_ = 0;
  size_t lent_ = 0; // in all, since memory was last given back
  std::atomic<bool> is_enlarging_ = false;
  Pieces pieces_; // all from begin_ to end_
  std::set<std::pair<size_t, char *>> free_;
};

}  // namespace slimlab
