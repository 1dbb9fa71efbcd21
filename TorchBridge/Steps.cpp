// What changes many tensors at once, in place.
#include "Bridge.h"

namespace plumb {

void add_steps(PlumbTorchTable& table) {
  table.adamw = [](PlumbTensor* const* parameters, PlumbTensor* const* gradients, PlumbTensor* const* first,
                   PlumbTensor* const* second, size_t count, int64_t step, double rate, double beta1, double beta2,
                   double epsilon, double decay) {
    return guarded([&] {
      if (count == 0) return;
      at::NoGradGuard no_recording;
      auto values = list(parameters, count);
      auto moments = list(first, count);
      auto squares = list(second, count);
      const auto number =
          at::full({}, static_cast<double>(step), at::TensorOptions().dtype(at::kFloat).device(values[0].device()));
      std::vector<at::Tensor> steps(count, number);
      at::_fused_adamw_(
          values, list(gradients, count), moments, squares, /*max_exp_avg_sqs=*/{}, steps, rate, beta1, beta2, decay,
          epsilon, /*amsgrad=*/false, /*maximize=*/false);
    });
  };
  table.total_norm = [](PlumbTensor* const* tensors, size_t count, double* norm) {
    return guarded([&] {
      *norm = 0;
      if (count == 0) return;
      at::NoGradGuard no_recording;
      *norm = at::linalg_vector_norm(at::stack(at::_foreach_norm(list(tensors, count), 2)), 2).item().toDouble();
    });
  };
  table.multiply_all = [](PlumbTensor* const* tensors, size_t count, double number) {
    return guarded([&] {
      if (count == 0) return;
      at::NoGradGuard no_recording;
      at::_foreach_mul_(list(tensors, count), number);
    });
  };
  table.blend_all = [](PlumbTensor* const* a, PlumbTensor* const* b, size_t count, double weight) {
    return guarded([&] {
      if (count == 0) return;
      at::NoGradGuard no_recording;
      at::_foreach_lerp_(list(a, count), list(b, count), weight);
    });
  };
}

}  // namespace plumb
