// Gradients, and segments that are computed again for them.
#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include <memory>

#include "Bridge.h"

namespace plumb {

/// A segment of the forward pass, and the caller's context, which is forgotten with it.
struct Segment : torch::CustomClassHolder {
  PlumbSegment body;
  void* context;
  void (*forget)(void*);

  Segment(PlumbSegment body, void* context, void (*forget)(void*)) : body(body), context(context), forget(forget) {}
  ~Segment() override {
    if (forget) forget(context);
  }

  at::Tensor run(const std::vector<at::Tensor>& inputs) const {
    std::vector<PlumbTensor> values;
    values.reserve(inputs.size());
    for (const auto& input : inputs) values.push_back({input});
    std::vector<PlumbTensor*> handles;
    for (auto& value : values) handles.push_back(&value);
    PlumbTensor* output = nullptr;
    const int status = body(context, handles.data(), handles.size(), &output);
    TORCH_CHECK(status == 0 && output, "a segment that is computed again failed: ", last_error());
    std::unique_ptr<PlumbTensor> owned(output);
    return owned->value;
  }
};

/// What a segment depends on beside its inputs: the generator of its device, and mixed precision.
struct Circumstances {
  at::Device place;
  at::Tensor generator;
  bool is_mixed;
  at::ScalarType type;

  static Circumstances now(at::Device place) {
    auto source = at::globalContext().defaultGenerator(place);
    std::lock_guard<std::mutex> lock(source.mutex());
    const auto kind = place.type();
    return {place, source.get_state(), at::autocast::is_autocast_enabled(kind), at::autocast::get_autocast_dtype(kind)};
  }

  void restore() const {
    auto target = at::globalContext().defaultGenerator(place);
    std::lock_guard<std::mutex> lock(target.mutex());
    target.set_state(generator);
    at::autocast::clear_cache();
    at::autocast::set_autocast_dtype(place.type(), type);
    at::autocast::set_autocast_enabled(place.type(), is_mixed);
  }
};

struct Recomputed : torch::autograd::Function<Recomputed> {
  static at::Tensor forward(
      torch::autograd::AutogradContext* context, c10::intrusive_ptr<Segment> segment,
      at::TensorList inputs) {
    context->saved_data["segment"] = c10::IValue::make_capsule(segment);
    TORCH_CHECK(!inputs.empty(), "a segment that is computed again needs an input");
    const auto now = Circumstances::now(inputs[0].device());
    context->saved_data["generator"] = now.generator;
    context->saved_data["is_mixed"] = now.is_mixed;
    context->saved_data["type"] = static_cast<int64_t>(now.type);
    context->save_for_backward(inputs.vec());
    at::NoGradGuard no_recording;
    return segment->run(inputs.vec());
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext* context, torch::autograd::variable_list gradients) {
    auto holder = context->saved_data["segment"].toCapsule();
    auto* segment = static_cast<Segment*>(holder.get());
    std::vector<at::Tensor> inputs;
    for (const auto& saved : context->get_saved_variables()) {
      inputs.push_back(saved.detach().requires_grad_(saved.requires_grad()));
    }
    const auto now = Circumstances::now(inputs[0].device());
    const Circumstances then{
        now.place, context->saved_data["generator"].toTensor(), context->saved_data["is_mixed"].toBool(),
        static_cast<at::ScalarType>(context->saved_data["type"].toInt())};
    at::Tensor output;
    {
      struct Return {
        const Circumstances& to;
        ~Return() { to.restore(); }
      } back{now};
      then.restore();
      at::AutoGradMode recording(true);
      output = segment->run(inputs);
    }
    torch::autograd::backward({output}, {gradients[0]});
    torch::autograd::variable_list result{at::Tensor()};
    for (const auto& input : inputs) result.push_back(input.requires_grad() ? input.grad() : at::Tensor());
    return result;
  }
};

void add_gradients(PlumbTorchTable& table) {
  table.require_gradient = [](PlumbTensor* tensor, bool on) {
    return guarded([&] { tensor->value.requires_grad_(on); });
  };
  table.gradient = [](PlumbTensor* tensor, PlumbTensor** out) {
    *out = nullptr;
    return guarded([&] {
      const auto& gradient = tensor->value.grad();
      if (gradient.defined()) *out = handle(gradient);
    });
  };
  table.clear_gradients = [](PlumbTensor* const* tensors, size_t count) {
    return guarded([&] {
      for (size_t i = 0; i < count; i++) tensors[i]->value.mutable_grad() = at::Tensor();
    });
  };
  table.backward = [](PlumbTensor* loss) { return guarded([&] { loss->value.backward(); }); };
  table.recomputed = [](PlumbSegment segment, void* context, void (*forget)(void*), PlumbTensor* const* inputs,
                        size_t count, PlumbTensor** out) {
    return producing(out, [&] {
      auto held = c10::make_intrusive<Segment>(segment, context, forget);
      const auto values = list(inputs, count);
      return Recomputed::apply(held, at::TensorList(values));
    });
  };
}

}  // namespace plumb
