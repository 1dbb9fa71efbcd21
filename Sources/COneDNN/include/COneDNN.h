/// Matrix products by oneDNN, behind a face that is the same for its versions 2 and 3.
///
/// Every product is `destination = epilogue(source · weightsᵀ + bias)` with row-major matrices:
/// source (rows, inputs), weights (outputs, inputs), destination (rows, outputs).
/// Every call runs on the calling thread alone: splitting work among threads is the caller's business.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// How the elements of an operand are stored.
typedef enum {
  PLUMB_DNN_F32 = 0,
  PLUMB_DNN_U8 = 1,
  PLUMB_DNN_S8 = 2,
  PLUMB_DNN_S32 = 3
} plumb_dnn_type;

/// What is done to a product before it is stored.
typedef enum {
  PLUMB_DNN_NONE = 0,
  /// x · sigmoid(1.702 x)
  PLUMB_DNN_QUICK_GELU = 1,
  /// x · Φ(x), with the error function
  PLUMB_DNN_GELU = 2,
  /// added to what the destination holds
  PLUMB_DNN_ADD = 3,
  /// min(max(x, 0), 6)
  PLUMB_DNN_RELU6 = 4
} plumb_dnn_epilogue;

/// The shape of a product. Strides are in elements, between rows.
typedef struct {
  int64_t rows, inputs, outputs;
  int64_t source_stride, destination_stride;
  plumb_dnn_type source_type, weights_type, destination_type;
  /// Whether a bias of `outputs` f32 numbers is added.
  int32_t has_bias;
  plumb_dnn_epilogue epilogue;
} plumb_dnn_shape;

/// A compiled product for one shape. It may be executed by several threads at once.
typedef struct plumb_dnn_product plumb_dnn_product;

/// The instructions that the library may use at most.
typedef enum { PLUMB_DNN_BASELINE, PLUMB_DNN_AVX2, PLUMB_DNN_ALL } plumb_dnn_limits;

/// "2.6.3", the version of the library that runs.
const char *plumb_dnn_version(void);
/// The instructions that the library uses at most on this processor, "AVX-512 with bf16".
const char *plumb_dnn_instructions(void);
/// Keeps the library to some instructions; works before its first product only.
void plumb_dnn_limit(plumb_dnn_limits limit);

/// Compiles a product. Null when oneDNN has none for this shape.
plumb_dnn_product *plumb_dnn_product_create(const plumb_dnn_shape *shape);
void plumb_dnn_product_destroy(plumb_dnn_product *product);
/// The name of the implementation that oneDNN chose, "gemm:jit"; one that begins with "ref" is hundreds of times too slow.
const char *plumb_dnn_product_implementation(const plumb_dnn_product *product);
/// The bytes of scratch memory that an execution needs.
size_t plumb_dnn_product_scratch_bytes(const plumb_dnn_product *product);
/// Runs a product on the calling thread. Returns 0 when done.
int plumb_dnn_product_execute(const plumb_dnn_product *product, const void *source, const void *weights,
                              const float *bias, void *destination, void *scratch);

#ifdef __cplusplus
}
#endif
