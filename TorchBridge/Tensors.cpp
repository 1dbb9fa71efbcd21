// Making tensors, looking into them, moving them.
#include <cstring>

#include "Bridge.h"

namespace plumb {

at::ScalarType scalar(int type) {
  switch (type) {
    case PLUMB_FLOAT32: return at::kFloat;
    case PLUMB_FLOAT64: return at::kDouble;
    case PLUMB_BFLOAT16: return at::kBFloat16;
    case PLUMB_FLOAT16: return at::kHalf;
    case PLUMB_INT64: return at::kLong;
    case PLUMB_INT32: return at::kInt;
    case PLUMB_UINT8: return at::kByte;
    case PLUMB_BOOL: return at::kBool;
  }
  TORCH_CHECK(false, "there is no scalar type of number ", type);
}

int scalar_number(at::ScalarType type) {
  for (int number = PLUMB_FLOAT32; number <= PLUMB_BOOL; number++) {
    if (scalar(number) == type) return number;
  }
  TORCH_CHECK(false, "the scalar type ", type, " is not one of the bridge's");
}

/// `tensor` in `type`, contiguous, in the processor's memory, of `bytes` bytes.
static at::Tensor readable(const at::Tensor& tensor, int type, size_t bytes) {
  auto plain = tensor.detach().to(at::kCPU, scalar(type)).contiguous();
  TORCH_CHECK(plain.nbytes() == bytes, "the tensor has ", plain.nbytes(), " bytes, and not ", bytes);
  return plain;
}

void add_tensors(PlumbTorchTable& table) {
  table.release = [](PlumbTensor* tensor) { delete tensor; };
  table.from_bytes = [](const void* bytes, int type, const int64_t* shape, size_t dimensions, PlumbDevice place,
                        PlumbTensor** out) {
    return producing(out, [&] {
      auto tensor = at::empty(sizes(shape, dimensions), at::TensorOptions().dtype(scalar(type)));
      if (tensor.nbytes() > 0) std::memcpy(tensor.mutable_data_ptr(), bytes, tensor.nbytes());
      return tensor.to(device(place));
    });
  };
  table.full = [](double value, int type, const int64_t* shape, size_t dimensions, PlumbDevice place,
                  PlumbTensor** out) {
    return producing(out, [&] {
      return at::full(
          sizes(shape, dimensions), value, at::TensorOptions().dtype(scalar(type)).device(device(place)));
    });
  };
  table.normal = [](double deviation, const int64_t* shape, size_t dimensions, PlumbDevice place,
                    PlumbTensor** out) {
    return producing(out, [&] {
      // Drawn on the processor, so that a seed means the same on every device.
      return at::randn(sizes(shape, dimensions)).mul_(deviation).to(device(place));
    });
  };
  table.dimensions = [](PlumbTensor* tensor, size_t* count) {
    return guarded([&] { *count = static_cast<size_t>(tensor->value.dim()); });
  };
  table.shape = [](PlumbTensor* tensor, int64_t* shape, size_t capacity) {
    return guarded([&] {
      const auto sizes = tensor->value.sizes();
      TORCH_CHECK(sizes.size() <= capacity, "more dimensions than room for them");
      for (size_t i = 0; i < sizes.size(); i++) shape[i] = sizes[i];
    });
  };
  table.type = [](PlumbTensor* tensor, int* type) {
    return guarded([&] { *type = scalar_number(tensor->value.scalar_type()); });
  };
  table.device = [](PlumbTensor* tensor, PlumbDevice* place) {
    return guarded([&] { *place = tensor->value.is_cpu() ? -1 : tensor->value.device().index(); });
  };
  table.read = [](PlumbTensor* tensor, int type, void* memory, size_t bytes) {
    return guarded([&] {
      const auto plain = readable(tensor->value, type, bytes);
      if (bytes > 0) std::memcpy(memory, plain.const_data_ptr(), bytes);
    });
  };
  table.write = [](PlumbTensor* tensor, int type, const void* memory, size_t bytes) {
    return guarded([&] {
      at::NoGradGuard no_recording;
      auto plain = at::empty(tensor->value.sizes(), at::TensorOptions().dtype(scalar(type)));
      TORCH_CHECK(plain.nbytes() == bytes, "the tensor has ", plain.nbytes(), " bytes, and not ", bytes);
      if (bytes > 0) std::memcpy(plain.mutable_data_ptr(), memory, bytes);
      tensor->value.copy_(plain);
    });
  };
  table.number = [](PlumbTensor* tensor, double* value) {
    return guarded([&] { *value = tensor->value.item().toDouble(); });
  };
  table.convert = [](PlumbTensor* tensor, int type, PlumbDevice place, PlumbTensor** out) {
    return producing(out, [&] { return tensor->value.to(device(place), scalar(type)); });
  };
}

}  // namespace plumb
