// What the bridge's files share: handles, and exceptions turned into texts.
#pragma once

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "CTorchBridge.h"

struct PlumbTensor {
  at::Tensor value;
};

namespace plumb {

/// What went wrong last on this thread.
std::string& last_error();

/// Runs `body`; an exception becomes a text and a 1.
template <typename Body>
int guarded(Body&& body) noexcept {
  try {
    body();
    return 0;
  } catch (const c10::Error& error) {
    last_error() = error.what_without_backtrace();
  } catch (const std::exception& error) {
    last_error() = error.what();
  } catch (...) {
    last_error() = "libtorch failed without a reason";
  }
  return 1;
}

inline PlumbTensor* handle(at::Tensor tensor) { return new PlumbTensor{std::move(tensor)}; }

/// Runs `body` and hands out the tensor that it returns.
template <typename Body>
int producing(PlumbTensor** out, Body&& body) noexcept {
  *out = nullptr;
  return guarded([&] { *out = handle(body()); });
}

inline std::vector<at::Tensor> list(PlumbTensor* const* tensors, size_t count) {
  std::vector<at::Tensor> values;
  values.reserve(count);
  for (size_t i = 0; i < count; i++) values.push_back(tensors[i]->value);
  return values;
}

inline at::IntArrayRef sizes(const int64_t* shape, size_t dimensions) { return {shape, dimensions}; }

at::ScalarType scalar(int type);
int scalar_number(at::ScalarType type);
at::Device device(PlumbDevice device);

// Each file fills in its part of the table.
void add_process(PlumbTorchTable& table);
void add_memory(PlumbTorchTable& table);
void add_tensors(PlumbTorchTable& table);
void add_gradients(PlumbTorchTable& table);
void add_operators(PlumbTorchTable& table);
void add_steps(PlumbTorchTable& table);
void add_processes(PlumbTorchTable& table);

}  // namespace plumb
