// Memory of large tensors on the processor, kept from one step of a training to the next.
#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>

#include <algorithm>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "Bridge.h"

namespace plumb {

/// Gives out blocks that were freed before.
///
/// A step frees what the next one asks for again. The system would clear every page of it once more, which costs a twentieth of
/// a step, and a heap that keeps all of it is torn into pieces where sizes differ from step to step, as those of packed texts
/// do. Here a block serves any request that fills four fifths of it, and what lies unused is given back, oldest first, before
/// more than a quarter above the greatest need so far is held.
class KeptMemory final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) override {
    void* place = bytes < kSmallest ? system()->raw_allocate(bytes) : large(bytes);
    return {place, place, &give_back, c10::Device(c10::DeviceType::CPU)};
  }

  c10::DeleterFnPtr raw_deleter() const override { return &give_back; }

  void copy_data(void* to, const void* from, size_t count) const override { default_copy_data(to, from, count); }

  static KeptMemory& shared() {
    // Tensors may be freed as late as the process ends.
    static auto* memory = new KeptMemory;
    return *memory;
  }

 private:
  static constexpr size_t kSmallest = 256 << 10;

  struct Block {
    void* place;
    size_t bytes;
  };

  static c10::Allocator* system() { return c10::GetDefaultCPUAllocator(); }

  void* large(size_t asked) {
    std::lock_guard<std::mutex> hold(lock_);
    auto best = free_.end();
    for (auto block = free_.begin(); block != free_.end(); ++block) {
      if (block->bytes < asked || block->bytes > asked + asked / 4) continue;
      if (best == free_.end() || block->bytes < best->bytes) best = block;
    }
    Block block;
    if (best != free_.end()) {
      block = *best;
      free_.erase(best);
      unused_ -= block.bytes;
    } else {
      block.bytes = rounded(asked);
      const auto most = std::max(most_used_, used_ + block.bytes);
      let_go_until(most + most / 4 - std::min(most, used_ + block.bytes));
      try {
        block.place = system()->raw_allocate(block.bytes);
      } catch (...) {
        let_go_until(0);
        block.place = system()->raw_allocate(block.bytes);
      }
    }
    given_.emplace(block.place, block.bytes);
    used_ += block.bytes;
    most_used_ = std::max(most_used_, used_);
    return block.place;
  }

  static void give_back(void* place) {
    auto& memory = shared();
    {
      std::lock_guard<std::mutex> hold(memory.lock_);
      if (const auto found = memory.given_.find(place); found != memory.given_.end()) {
        memory.used_ -= found->second;
        memory.unused_ += found->second;
        memory.free_.push_back({place, found->second});
        memory.given_.erase(found);
        return;
      }
    }
    system()->raw_deallocate(place);
  }

  /// Up to an eighth more, so that the next request of about this size fits too.
  static size_t rounded(size_t bytes) {
    size_t unit = 4096;
    while (unit * 16 <= bytes) unit *= 2;
    return (bytes + unit - 1) / unit * unit;
  }

  void let_go_until(size_t unused) {
    size_t count = 0;
    while (unused_ > unused) {
      unused_ -= free_[count].bytes;
      system()->raw_deallocate(free_[count++].place);
    }
    free_.erase(free_.begin(), free_.begin() + static_cast<std::ptrdiff_t>(count));
  }

  std::mutex lock_;
  std::unordered_map<void*, size_t> given_;
  /// What was freed last stands last.
  std::vector<Block> free_;
  size_t used_ = 0;
  size_t unused_ = 0;
  size_t most_used_ = 0;
};

void add_memory(PlumbTorchTable& table) {
  table.keep_freed_memory = [] { return guarded([] { c10::SetCPUAllocator(&KeptMemory::shared()); }); };
}

}  // namespace plumb
