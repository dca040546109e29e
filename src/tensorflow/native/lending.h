// Memory that a call's operations may overwrite with their results, for only the handle that they are to replace holds it.
#pragma once
#include <condition_variable>
#include <mutex>
#include <unordered_map>
#include <vector>
#include "tensorflow/c/eager/c_api.h"

namespace slimlab {

// The memory of a tensor that nothing but this handle holds, neither another tensor nor a call; else none.
const void *MemoryOnlyOf(TFE_TensorHandle *handle);

// What is lent to one call. It is overwritten by all operations that may or by none: once one has, nobody can take it back.
class Lending {
 public:
  Lending() = default;
  Lending(const Lending &) = delete;
  ~Lending() { End(); }
  void Add(const void *memory) {
    if (memory == nullptr) return;
    std::lock_guard<std::mutex> lock(All().mutex);
    All().lent[memory] = this;
    own_.push_back(memory);
  }
  // Whether an operation may overwrite a tensor that begins here.
  static bool Take(const void *memory) {
    std::lock_guard<std::mutex> lock(All().mutex);
    const auto entry = All().lent.find(memory);
    if (entry == All().lent.end() || entry->second->recalled_) return false;
    return entry->second->taken_ = true;
  }
  // Takes back what is lent with this memory, so that all of it keeps its values; or, if its call overwrites it already, waits for
  // the call's end, when it has its new ones.
  static void Recall(const void *memory) {
    std::unique_lock<std::mutex> lock(All().mutex);
    const auto find = [memory] {
      const auto entry = All().lent.find(memory);
      return entry == All().lent.end() ? nullptr : entry->second;
    };
    Lending *const lending = find();
    if (lending == nullptr) return;
    if (lending->taken_) All().ended.wait(lock, [&] { return find() != lending; });
    else lending->recalled_ = true;
  }
  bool was_taken() const { return taken_; }  // once it has ended
  void End() {
    std::lock_guard<std::mutex> lock(All().mutex);
    for (const void *memory : own_) All().lent.erase(memory);
    own_.clear();
    All().ended.notify_all();
  }

 private:
  struct Lendings {
    std::mutex mutex;
    std::condition_variable ended;
    std::unordered_map<const void *, Lending *> lent;
  };
  static Lendings &All() {
    static Lendings all;
    return all;
  }
  bool taken_ = false, recalled_ = false;
  std::vector<const void *> own_;
};

}  // namespace slimlab
