#include <torch/version.h>

#include "Bridge.h"

namespace plumb {

std::string& last_error() {
  thread_local std::string text;
  return text;
}

static const PlumbTorchTable& table() {
  static const PlumbTorchTable complete = [] {
    PlumbTorchTable table{};
    table.version = PLUMB_TORCH_TABLE_VERSION;
    table.torch_version = TORCH_VERSION;
    table.last_error = [] { return last_error().c_str(); };
    add_process(table);
    add_memory(table);
    add_tensors(table);
    add_gradients(table);
    add_operators(table);
    add_steps(table);
    add_processes(table);
    return table;
  }();
  return complete;
}

}  // namespace plumb

extern "C" __attribute__((visibility("default"))) const PlumbTorchTable* plumb_torch_table(uint32_t version) {
  return version == PLUMB_TORCH_TABLE_VERSION ? &plumb::table() : nullptr;
}
