// Where TensorFlow has its tensors in the processor's memory. Its own allocator of oneDNN keeps what it once had until the process
// ends, and has more than is asked of it: what is left of a piece is not given on until it is as large as what was asked for.
#include "allocator.h"

#ifdef __linux__
#include <malloc.h>
#include <unistd.h>

#include <string>

#include "arena.h"
#include "tensorflow/core/common_runtime/pool_allocator.h"
#include "tsl/platform/mem.h"
#include "xla/tsl/framework/allocator_registry.h"

namespace slimlab {
namespace {

constexpr size_t kLarge = 262144; // malloc is faster for what is smaller, as TensorFlow's own allocator has it
constexpr int kPriority = 300;    // oneDNN's is 200

Arena &Large() {
  static Arena *const arena = new Arena(static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE));
  return *arena;
}

class Allocator : public tsl::Allocator {
 public:
  std::string Name() override { return "slimlab"; }
  void *AllocateRaw(size_t alignment, size_t size) override {
    if (size >= kLarge && alignment <= Arena::kAlignment) return Large().Allocate(size);
    return tsl::port::AlignedMalloc(size, static_cast<std::align_val_t>(alignment));
  }
  void DeallocateRaw(void *memory) override {
    if (Large().Owns(memory)) Large().Free(memory);
    else tsl::port::AlignedFree(memory);
  }
};

class Factory : public tsl::AllocatorFactory {
 public:
  tsl::Allocator *CreateAllocator() override { return new Allocator(); }
  tsl::SubAllocator *CreateSubAllocator(int) override { return new tensorflow::BasicCPUAllocator(tsl::port::kNUMANoAffinity, {}, {}); }
};

// Ahead of TensorFlow's own initializers, as runtime.cc's: nothing may be registered when anything has been allocated.
__attribute__((constructor)) void Register() {
  if (!Large().has_addresses()) return;
  tsl::AllocatorFactoryRegistry::singleton()->Register(__FILE__, __LINE__, "SlimlabAllocator", kPriority, new Factory());
}

}  // namespace

void ReleaseMemory() {
  Large().Release();
  malloc_trim(0);
}

}  // namespace slimlab
#else
namespace slimlab {
void ReleaseMemory() {}
}  // namespace slimlab
#endif
