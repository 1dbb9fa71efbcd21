// Several processes that train one model, by torch's own c10d.
#include <chrono>
#include <cstdlib>

#include "Bridge.h"

#if defined(PLUMB_HAS_GLOO) || defined(PLUMB_HAS_NCCL)
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#endif
#ifdef PLUMB_HAS_GLOO
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#endif
#ifdef PLUMB_HAS_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif

#if defined(PLUMB_HAS_GLOO) || defined(PLUMB_HAS_NCCL)
struct PlumbGroup {
  c10::intrusive_ptr<c10d::Backend> backend;
  int world;
};

namespace plumb {

/// What torchrun sets, or nothing.
static std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

static c10::intrusive_ptr<c10d::Backend> backend(
    const std::string& name, const c10::intrusive_ptr<c10d::Store>& store, int rank, int world,
    std::chrono::milliseconds timeout, PlumbDevice place) {
#ifdef PLUMB_HAS_GLOO
  if (name == "gloo") {
    auto options = c10d::ProcessGroupGloo::Options::create(timeout);
    options->devices.push_back(c10d::ProcessGroupGloo::createDefaultDevice());
    options->threads = 2;
    return c10::make_intrusive<c10d::ProcessGroupGloo>(store, rank, world, options);
  }
#endif
#ifdef PLUMB_HAS_NCCL
  if (name == "nccl") {
    auto options = c10d::ProcessGroupNCCL::Options::create();
    options->timeout = timeout;
    auto group = c10::make_intrusive<c10d::ProcessGroupNCCL>(store, rank, world, options);
    group->setBoundDeviceId(device(place));
    return group;
  }
#endif
  TORCH_CHECK(false, "this bridge was built without ", name);
}

void add_processes(PlumbTorchTable& table) {
#ifdef PLUMB_HAS_GLOO
  table.has_gloo = true;
#endif
#ifdef PLUMB_HAS_NCCL
  table.has_nccl = true;
#endif
  table.join = [](const char* name, const char* host, int port, int rank, int world, double timeout,
                  PlumbDevice place, PlumbGroup** out) {
    *out = nullptr;
    return guarded([&] {
      const auto wait = std::chrono::milliseconds(static_cast<int64_t>(timeout * 1000));
      c10d::TCPStoreOptions options;
      options.port = static_cast<uint16_t>(port);
      // torchrun keeps a store of its own at that port, for all of its attempts.
      options.isServer = rank == 0 && variable("TORCHELASTIC_USE_AGENT_STORE") != "True";
      options.numWorkers = static_cast<size_t>(world);
      options.timeout = wait;
      auto store = c10::make_intrusive<c10d::PrefixStore>(
          "plumb/" + variable("TORCHELASTIC_RESTART_COUNT"), c10::make_intrusive<c10d::TCPStore>(std::string(host), options));
      *out = new PlumbGroup{backend(name, store, rank, world, wait, place), world};
    });
  };
  table.leave = [](PlumbGroup* group) { delete group; };
  table.sum_over_processes = [](PlumbGroup* group, PlumbTensor* tensor) {
    return guarded([&] {
      std::vector<at::Tensor> tensors{tensor->value.detach()};
      group->backend->allreduce(tensors, c10d::AllreduceOptions())->wait();
    });
  };
  table.gather = [](PlumbGroup* group, PlumbTensor* tensor, PlumbTensor** out) {
    return producing(out, [&] {
      auto own = tensor->value.detach().contiguous();
      std::vector<at::Tensor> input{own};
      std::vector<std::vector<at::Tensor>> outputs(1);
      for (int i = 0; i < group->world; i++) outputs[0].push_back(at::empty_like(own));
      group->backend->allgather(outputs, input, c10d::AllgatherOptions())->wait();
      return at::cat(outputs[0], 0);
    });
  };
  table.broadcast = [](PlumbGroup* group, PlumbTensor* tensor, int root) {
    return guarded([&] {
      std::vector<at::Tensor> tensors{tensor->value.detach()};
      c10d::BroadcastOptions options;
      options.rootRank = root;
      group->backend->broadcast(tensors, options)->wait();
    });
  };
  table.barrier = [](PlumbGroup* group) {
    return guarded([&] { group->backend->barrier(c10d::BarrierOptions())->wait(); });
  };
}

}  // namespace plumb

#else

namespace plumb {

void add_processes(PlumbTorchTable& table) {
  table.join = [](const char*, const char*, int, int, int, double, PlumbDevice, PlumbGroup** out) {
    *out = nullptr;
    return guarded([] {
      TORCH_CHECK(
          false, "this bridge was built without gloo and nccl: install libgloo-dev and run `plumb torch setup` again");
    });
  };
  table.leave = [](PlumbGroup*) {};
  table.sum_over_processes = [](PlumbGroup*, PlumbTensor*) { return 1; };
  table.gather = [](PlumbGroup*, PlumbTensor*, PlumbTensor** out) {
    *out = nullptr;
    return 1;
  };
  table.broadcast = [](PlumbGroup*, PlumbTensor*, int) { return 1; };
  table.barrier = [](PlumbGroup*) { return 1; };
}

}  // namespace plumb
#endif
