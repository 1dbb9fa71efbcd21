// What is computed with gradients.
#include "Bridge.h"

namespace plumb {

static at::Tensor unary(int operation, const at::Tensor& a) {
  switch (operation) {
    case PLUMB_NEGATE: return at::neg(a);
    case PLUMB_EXP: return at::exp(a);
    case PLUMB_LOG: return at::log(a);
    case PLUMB_SQRT: return at::sqrt(a);
    case PLUMB_SQUARE: return at::square(a);
    case PLUMB_ABS: return at::abs(a);
    case PLUMB_RELU: return at::relu(a);
    case PLUMB_GELU: return at::gelu(a);
    case PLUMB_SIGMOID: return at::sigmoid(a);
    case PLUMB_TANH: return at::tanh(a);
    case PLUMB_CONTIGUOUS: return a.contiguous();
    case PLUMB_CHANNELS_LAST: return a.contiguous(at::MemoryFormat::ChannelsLast);
    case PLUMB_DETACH: return a.detach();
    case PLUMB_CLONE: return a.clone();
    case PLUMB_RELU6: return at::hardtanh(a, 0, 6);
  }
  TORCH_CHECK(false, "there is no operation of number ", operation);
}

static at::Tensor scaled(int operation, const at::Tensor& a, double number) {
  switch (operation) {
    case PLUMB_ADD_NUMBER: return at::add(a, number);
    case PLUMB_MULTIPLY_NUMBER: return at::mul(a, number);
    case PLUMB_AT_LEAST: return at::clamp_min(a, number);
    case PLUMB_AT_MOST: return at::clamp_max(a, number);
    case PLUMB_POWER: return at::pow(a, number);
  }
  TORCH_CHECK(false, "there is no operation of number ", operation);
}

static at::Tensor binary(int operation, const at::Tensor& a, const at::Tensor& b) {
  switch (operation) {
    case PLUMB_ADD: return at::add(a, b);
    case PLUMB_SUBTRACT: return at::sub(a, b);
    case PLUMB_MULTIPLY: return at::mul(a, b);
    case PLUMB_DIVIDE: return at::div(a, b);
    case PLUMB_MATMUL: return at::matmul(a, b);
    case PLUMB_MAXIMUM: return at::maximum(a, b);
    case PLUMB_MINIMUM: return at::minimum(a, b);
  }
  TORCH_CHECK(false, "there is no operation of number ", operation);
}

static at::Tensor along(int operation, const at::Tensor& a, int64_t dimension) {
  switch (operation) {
    case PLUMB_SOFTMAX: return at::softmax(a, dimension);
    case PLUMB_LOG_SOFTMAX: return at::log_softmax(a, dimension);
    case PLUMB_NORMALIZE: return a / at::linalg_vector_norm(a, 2, dimension, true).clamp_min(1e-12);
  }
  TORCH_CHECK(false, "there is no operation of number ", operation);
}

static at::Tensor reduce(int operation, const at::Tensor& a, at::OptionalIntArrayRef dimensions, bool keep) {
  switch (operation) {
    case PLUMB_SUM: return at::sum(a, dimensions, keep);
    case PLUMB_MEAN: return at::mean(a, dimensions, keep);
    case PLUMB_GREATEST: return dimensions ? at::amax(a, *dimensions, keep) : at::amax(a);
    case PLUMB_NORM: return at::linalg_vector_norm(a, 2, dimensions, keep);
  }
  TORCH_CHECK(false, "there is no operation of number ", operation);
}

static std::optional<at::Tensor> optional(PlumbTensor* tensor) {
  return tensor ? std::optional<at::Tensor>(tensor->value) : std::nullopt;
}

static void add_arithmetic(PlumbTorchTable& table) {
  table.unary = [](int operation, PlumbTensor* a, PlumbTensor** out) {
    return producing(out, [&] { return unary(operation, a->value); });
  };
  table.scaled = [](int operation, PlumbTensor* a, double number, PlumbTensor** out) {
    return producing(out, [&] { return scaled(operation, a->value, number); });
  };
  table.binary = [](int operation, PlumbTensor* a, PlumbTensor* b, PlumbTensor** out) {
    return producing(out, [&] { return binary(operation, a->value, b->value); });
  };
  table.along = [](int operation, PlumbTensor* a, int64_t dimension, PlumbTensor** out) {
    return producing(out, [&] { return along(operation, a->value, dimension); });
  };
  table.reduce = [](int operation, PlumbTensor* a, const int64_t* dimensions, size_t count, bool keep,
                    PlumbTensor** out) {
    return producing(out, [&] {
      at::OptionalIntArrayRef over;
      if (dimensions) over = sizes(dimensions, count);
      return reduce(operation, a->value, over, keep);
    });
  };
}

/// Scaled dot-product attention. On a CPU it is computed in f32, in mixed precision too: libtorch sets up a product of bfloat16
/// numbers anew for every head of every sequence, which takes many times as long as the short sequences of texts and patches.
static at::Tensor attention(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values,
                            const std::optional<at::Tensor>& mask) {
  if (!queries.is_cpu()) return at::scaled_dot_product_attention(queries, keys, values, mask);
  c10::impl::ExcludeDispatchKeyGuard unmixed(c10::DispatchKey::AutocastCPU);
  const auto wide = [](const at::Tensor& x) { return x.to(at::kFloat); };
  return at::scaled_dot_product_attention(wide(queries), wide(keys), wide(values), mask);
}

static void add_layers(PlumbTorchTable& table) {
  table.linear = [](PlumbTensor* x, PlumbTensor* weight, PlumbTensor* bias, PlumbTensor** out) {
    return producing(out, [&] { return at::linear(x->value, weight->value, optional(bias)); });
  };
  table.layer_norm = [](PlumbTensor* x, PlumbTensor* weight, PlumbTensor* bias, double epsilon, PlumbTensor** out) {
    return producing(out, [&] {
      return at::layer_norm(x->value, weight->value.sizes(), weight->value, bias->value, epsilon);
    });
  };
  table.batch_norm = [](PlumbTensor* x, PlumbTensor* weight, PlumbTensor* bias, PlumbTensor* mean,
                        PlumbTensor* variance, bool learns, double momentum, double epsilon, PlumbTensor** out) {
    return producing(out, [&] {
      return at::batch_norm(x->value, weight->value, bias->value, mean->value, variance->value, learns, momentum,
                            epsilon, at::globalContext().userEnabledCuDNN());
    });
  };
  table.convolution = [](PlumbTensor* x, PlumbTensor* weight, PlumbTensor* bias, int64_t stride, int64_t before,
                         int64_t after, int64_t groups, PlumbTensor** out) {
    return producing(out, [&] {
      const auto convolved = [&](const at::Tensor& input, int64_t padding) {
        return at::conv2d(input, weight->value, optional(bias), {stride, stride}, {padding, padding}, {1, 1}, groups);
      };
      if (before == after) return convolved(x->value, before);
      return convolved(at::constant_pad_nd(x->value, {before, after, before, after}), 0);
    });
  };
  table.embedding = [](PlumbTensor* rows, PlumbTensor* indices, PlumbTensor** out) {
    return producing(out, [&] { return at::embedding(rows->value, indices->value); });
  };
  table.attention = [](PlumbTensor* queries, PlumbTensor* keys, PlumbTensor* values, PlumbTensor* mask,
                       PlumbTensor** out) {
    return producing(out, [&] { return attention(queries->value, keys->value, values->value, optional(mask)); });
  };
  table.dropout = [](PlumbTensor* x, double probability, PlumbTensor** out) {
    return producing(out, [&] { return at::dropout(x->value, probability, true); });
  };
  table.filled = [](PlumbTensor* x, PlumbTensor* mask, double value, PlumbTensor** out) {
    return producing(out, [&] { return at::masked_fill(x->value, mask->value, value); });
  };
}

static void add_shapes(PlumbTorchTable& table) {
  table.reshape = [](PlumbTensor* x, const int64_t* shape, size_t dimensions, PlumbTensor** out) {
    return producing(out, [&] { return at::reshape(x->value, sizes(shape, dimensions)); });
  };
  table.permute = [](PlumbTensor* x, const int64_t* order, size_t dimensions, PlumbTensor** out) {
    return producing(out, [&] { return at::permute(x->value, sizes(order, dimensions)); });
  };
  table.expand = [](PlumbTensor* x, const int64_t* shape, size_t dimensions, PlumbTensor** out) {
    return producing(out, [&] { return x->value.expand(sizes(shape, dimensions)); });
  };
  table.slice = [](PlumbTensor* x, int64_t dimension, int64_t start, int64_t length, PlumbTensor** out) {
    return producing(out, [&] { return at::narrow(x->value, dimension, start, length); });
  };
  table.select = [](PlumbTensor* x, int64_t dimension, PlumbTensor* indices, PlumbTensor** out) {
    return producing(out, [&] { return at::index_select(x->value, dimension, indices->value); });
  };
  table.concatenate = [](PlumbTensor* const* tensors, size_t count, int64_t dimension, PlumbTensor** out) {
    return producing(out, [&] { return at::cat(list(tensors, count), dimension); });
  };
}

void add_operators(PlumbTorchTable& table) {
  add_arithmetic(table);
  add_layers(table);
  add_shapes(table);
}

}  // namespace plumb
