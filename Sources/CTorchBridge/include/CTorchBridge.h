// The table of functions by which Plumb trains with libtorch.
//
// TorchBridge/ builds a library that exports `plumb_torch_table`; Plumb opens it at run time and calls libtorch through
// what that returns, so that scoring needs neither torch nor its headers. Every function returns 0, or 1 and leaves
// what went wrong in `last_error`, for the thread that called. Tensors go in as they are and come out as new handles,
// which the caller releases; shapes and dimensions are torch's, negative dimensions count from the end.
#ifndef PLUMB_TORCH_BRIDGE_H
#define PLUMB_TORCH_BRIDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __clang__
#pragma clang assume_nonnull begin
#else
#define _Nullable
#define _Nonnull
#endif

/// Raised whenever the table below changes in any way.
enum { PLUMB_TORCH_TABLE_VERSION = 4 };

typedef struct PlumbTensor PlumbTensor;
typedef struct PlumbGroup PlumbGroup;

enum PlumbScalar { PLUMB_FLOAT32 = 0, PLUMB_FLOAT64, PLUMB_BFLOAT16, PLUMB_FLOAT16, PLUMB_INT64, PLUMB_INT32, PLUMB_UINT8, PLUMB_BOOL };

/// A place: the processor (-1), or the CUDA device of that number.
typedef int32_t PlumbDevice;

enum PlumbUnary {
  PLUMB_NEGATE = 0, PLUMB_EXP, PLUMB_LOG, PLUMB_SQRT, PLUMB_SQUARE, PLUMB_ABS, PLUMB_RELU, PLUMB_GELU, PLUMB_SIGMOID,
  PLUMB_TANH, PLUMB_CONTIGUOUS, PLUMB_CHANNELS_LAST, PLUMB_DETACH, PLUMB_CLONE, PLUMB_RELU6,
};

/// With a number at its right.
enum PlumbScaled {
  PLUMB_ADD_NUMBER = 0, PLUMB_MULTIPLY_NUMBER, PLUMB_AT_LEAST, PLUMB_AT_MOST, PLUMB_POWER,
};

enum PlumbBinary {
  PLUMB_ADD = 0, PLUMB_SUBTRACT, PLUMB_MULTIPLY, PLUMB_DIVIDE, PLUMB_MATMUL, PLUMB_MAXIMUM, PLUMB_MINIMUM,
};

enum PlumbReduction { PLUMB_SUM = 0, PLUMB_MEAN, PLUMB_GREATEST, PLUMB_NORM };

enum PlumbAlongDimension { PLUMB_SOFTMAX = 0, PLUMB_LOG_SOFTMAX, PLUMB_NORMALIZE };

/// Called inside a forward pass, and once more while gradients are computed; returns 0, or 1 for failure.
typedef int (*PlumbSegment)(
    void *_Nullable context, PlumbTensor *_Nonnull const *_Nonnull inputs, size_t count,
    PlumbTensor *_Nullable *_Nonnull output);

typedef struct PlumbTorchTable {
  uint32_t version;
  const char *torch_version;
  bool has_gloo;
  bool has_nccl;
  const char *_Nonnull (*_Nonnull last_error)(void);

  // The process.
  int (*set_threads)(int threads);
  int (*cuda_devices)(int *count);
  int (*device_name)(PlumbDevice device, char *text, size_t capacity);
  int (*synchronize)(PlumbDevice device);
  /// From here on the memory of large tensors on the processor that are freed serves the next ones.
  int (*keep_freed_memory)(void);
  int (*seed)(uint64_t seed);
  /// The generator's state as bytes (a uint8 tensor), and back.
  int (*generator_state)(PlumbDevice device, PlumbTensor *_Nullable *out);
  int (*set_generator_state)(PlumbDevice device, PlumbTensor *state);
  int (*deterministic)(bool on);
  /// Whether operations are recorded for gradients; tells what it was.
  int (*set_recording)(bool on, bool *before);
  /// Products of float32 in `type` from here on, on this thread.
  int (*set_mixed)(PlumbDevice device, bool on, int type);

  // Tensors.
  void (*release)(PlumbTensor *tensor);
  int (*from_bytes)(
      const void *bytes, int type, const int64_t *shape, size_t dimensions, PlumbDevice device,
      PlumbTensor *_Nullable *out);
  int (*full)(
      double value, int type, const int64_t *shape, size_t dimensions, PlumbDevice device,
      PlumbTensor *_Nullable *out);
  int (*normal)(
      double deviation, const int64_t *shape, size_t dimensions, PlumbDevice device, PlumbTensor *_Nullable *out);
  int (*dimensions)(PlumbTensor *tensor, size_t *count);
  int (*shape)(PlumbTensor *tensor, int64_t *shape, size_t capacity);
  int (*type)(PlumbTensor *tensor, int *type);
  int (*device)(PlumbTensor *tensor, PlumbDevice *device);
  /// As `type`, contiguous, into memory of `bytes` bytes.
  int (*read)(PlumbTensor *tensor, int type, void *memory, size_t bytes);
  int (*write)(PlumbTensor *tensor, int type, const void *memory, size_t bytes);
  int (*number)(PlumbTensor *tensor, double *value);
  int (*convert)(PlumbTensor *tensor, int type, PlumbDevice device, PlumbTensor *_Nullable *out);

  // Gradients.
  int (*require_gradient)(PlumbTensor *tensor, bool on);
  int (*gradient)(PlumbTensor *tensor, PlumbTensor *_Nullable *_Nullable out);
  int (*clear_gradients)(PlumbTensor *_Nonnull const *_Nonnull tensors, size_t count);
  int (*backward)(PlumbTensor *loss);
  /// The segment's output; what it computed inside is forgotten and computed again for the gradients.
  int (*recomputed)(
      PlumbSegment segment, void *_Nullable context, void (*_Nullable forget)(void *_Nullable context),
      PlumbTensor *_Nonnull const *_Nonnull inputs, size_t count, PlumbTensor *_Nullable *out);

  // Operators.
  int (*unary)(int operation, PlumbTensor *a, PlumbTensor *_Nullable *out);
  int (*scaled)(int operation, PlumbTensor *a, double number, PlumbTensor *_Nullable *out);
  int (*binary)(int operation, PlumbTensor *a, PlumbTensor *b, PlumbTensor *_Nullable *out);
  int (*along)(int operation, PlumbTensor *a, int64_t dimension, PlumbTensor *_Nullable *out);
  int (*reduce)(
      int operation, PlumbTensor *a, const int64_t *_Nullable dimensions, size_t count, bool keep,
      PlumbTensor *_Nullable *out);
  int (*linear)(PlumbTensor *x, PlumbTensor *weight, PlumbTensor *_Nullable bias, PlumbTensor *_Nullable *out);
  int (*layer_norm)(
      PlumbTensor *x, PlumbTensor *weight, PlumbTensor *bias, double epsilon, PlumbTensor *_Nullable *out);
  /// Normalised by the batch's mean and variance, towards which `mean` and `variance` move by `momentum`, where `learns`;
  /// else by `mean` and `variance`.
  int (*batch_norm)(
      PlumbTensor *x, PlumbTensor *weight, PlumbTensor *bias, PlumbTensor *mean, PlumbTensor *variance, bool learns,
      double momentum, double epsilon, PlumbTensor *_Nullable *out);
  /// With `before` zeros above and to the left, and `after` zeros below and to the right; channels in `groups` that do not see
  /// each other.
  int (*convolution)(
      PlumbTensor *x, PlumbTensor *weight, PlumbTensor *_Nullable bias, int64_t stride, int64_t before, int64_t after,
      int64_t groups, PlumbTensor *_Nullable *out);
  int (*embedding)(PlumbTensor *table, PlumbTensor *indices, PlumbTensor *_Nullable *out);
  /// (B, H, N, D) queries, keys and values; a mask that is added to the scores, or none.
  int (*attention)(
      PlumbTensor *queries, PlumbTensor *keys, PlumbTensor *values, PlumbTensor *_Nullable mask,
      PlumbTensor *_Nullable *out);
  int (*dropout)(PlumbTensor *x, double probability, PlumbTensor *_Nullable *out);
  /// Where `mask` (bool) holds, `value`.
  int (*filled)(PlumbTensor *x, PlumbTensor *mask, double value, PlumbTensor *_Nullable *out);

  // Shapes.
  int (*reshape)(PlumbTensor *x, const int64_t *shape, size_t dimensions, PlumbTensor *_Nullable *out);
  int (*permute)(PlumbTensor *x, const int64_t *order, size_t dimensions, PlumbTensor *_Nullable *out);
  int (*expand)(PlumbTensor *x, const int64_t *shape, size_t dimensions, PlumbTensor *_Nullable *out);
  int (*slice)(PlumbTensor *x, int64_t dimension, int64_t start, int64_t length, PlumbTensor *_Nullable *out);
  int (*select)(PlumbTensor *x, int64_t dimension, PlumbTensor *indices, PlumbTensor *_Nullable *out);
  int (*concatenate)(
      PlumbTensor *_Nonnull const *_Nonnull tensors, size_t count, int64_t dimension, PlumbTensor *_Nullable *out);

  // Steps, in place, without recording.
  /// One step of AdamW over tensors of equal places in the five lists; `step` counts from 1.
  int (*adamw)(
      PlumbTensor *_Nonnull const *_Nonnull parameters, PlumbTensor *_Nonnull const *_Nonnull gradients,
      PlumbTensor *_Nonnull const *_Nonnull first, PlumbTensor *_Nonnull const *_Nonnull second, size_t count,
      int64_t step, double rate, double beta1, double beta2, double epsilon, double decay);
  int (*total_norm)(PlumbTensor *_Nonnull const *_Nonnull tensors, size_t count, double *norm);
  int (*multiply_all)(PlumbTensor *_Nonnull const *_Nonnull tensors, size_t count, double number);
  /// a += weight · (b − a), for every pair.
  int (*blend_all)(
      PlumbTensor *_Nonnull const *_Nonnull a, PlumbTensor *_Nonnull const *_Nonnull b, size_t count, double weight);

  // Processes. `backend` is "gloo" or "nccl".
  int (*join)(
      const char *backend, const char *host, int port, int rank, int world, double timeout, PlumbDevice device,
      PlumbGroup *_Nullable *out);
  void (*leave)(PlumbGroup *group);
  int (*sum_over_processes)(PlumbGroup *group, PlumbTensor *tensor);
  /// Those of all processes, one after another along the first dimension; each must have the same shape.
  int (*gather)(PlumbGroup *group, PlumbTensor *tensor, PlumbTensor *_Nullable *out);
  int (*broadcast)(PlumbGroup *group, PlumbTensor *tensor, int root);
  int (*barrier)(PlumbGroup *group);
} PlumbTorchTable;

/// What the bridge exports, by the name `plumb_torch_table`: the table, or null where it is of another version.
typedef const PlumbTorchTable *_Nullable (*PlumbTorchTableFunction)(uint32_t version);

#ifdef __clang__
#pragma clang assume_nonnull end
#endif

#ifdef __cplusplus
}
#endif
#endif
