// Threads, devices, random generators, modes.
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <ATen/detail/CUDAHooksInterface.h>

#include <algorithm>
#include <cstring>

#include "Bridge.h"

namespace plumb {

at::Device device(PlumbDevice device) {
  return device < 0 ? at::Device(at::kCPU) : at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(device));
}

static int64_t cuda_devices() {
  return at::globalContext().hasCUDA() ? at::detail::getCUDAHooks().deviceCount() : 0;
}

static at::Generator generator(PlumbDevice place) {
  return at::globalContext().defaultGenerator(device(place));
}

void add_process(PlumbTorchTable& table) {
  table.set_threads = [](int threads) { return guarded([&] { at::set_num_threads(std::max(1, threads)); }); };
  table.cuda_devices = [](int* count) { return guarded([&] { *count = static_cast<int>(cuda_devices()); }); };
  table.device_name = [](PlumbDevice place, char* text, size_t capacity) {
    return guarded([&] {
      if (capacity == 0) return;
      const auto name = device(place).str();
      std::strncpy(text, name.c_str(), capacity - 1);
      text[capacity - 1] = 0;
    });
  };
  table.synchronize = [](PlumbDevice place) {
    return guarded([&] {
      // Reading a number waits for all that was asked of the device before.
      if (place >= 0) at::zeros({1}, at::TensorOptions().device(device(place))).item<float>();
    });
  };
  table.seed = [](uint64_t seed) { return guarded([&] { at::manual_seed(seed); }); };
  table.generator_state = [](PlumbDevice place, PlumbTensor** out) {
    return producing(out, [&] {
      auto source = generator(place);
      std::lock_guard<std::mutex> lock(source.mutex());
      return source.get_state();
    });
  };
  table.set_generator_state = [](PlumbDevice place, PlumbTensor* state) {
    return guarded([&] {
      auto target = generator(place);
      std::lock_guard<std::mutex> lock(target.mutex());
      target.set_state(state->value);
    });
  };
  table.deterministic = [](bool on) {
    return guarded([&] {
      at::globalContext().setDeterministicAlgorithms(on, /*warn_only=*/true);
      at::globalContext().setBenchmarkCuDNN(!on);
      at::globalContext().setDeterministicCuDNN(on);
    });
  };
  table.set_recording = [](bool on, bool* before) {
    return guarded([&] {
      *before = c10::GradMode::is_enabled();
      c10::GradMode::set_enabled(on);
    });
  };
  table.set_mixed = [](PlumbDevice place, bool on, int type) {
    return guarded([&] {
      const auto kind = device(place).type();
      if (on) at::autocast::set_autocast_dtype(kind, scalar(type));
      at::autocast::set_autocast_enabled(kind, on);
      if (!on) at::autocast::clear_cache();
    });
  };
}

}  // namespace plumb
