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
  PLUMB_DNN_BF16 = 1,
  PLUMB_DNN_U8 = 2,
  PLUMB_DNN_S8 = 3,
  PLUMB_DNN_S32 = 4
} plumb_dnn_type;

/// What is done to a product before it is stored.
typedef enum {
  PLUMB_DNN_NONE = 0,
  /// x · sigmoid(1.702 x)
  PLUMB_DNN_QUICK_GELU = 1,
  /// x · Φ(x), with the error function
  PLUMB_DNN_GELU = 2,
  /// added to what the destination holds
  PLUMB_DNN_ADD = 3
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

/// A layout of weights that oneDNN chose, or the plain one.
typedef struct plumb_dnn_layout plumb_dnn_layout;
/// A compiled product for one shape and one layout. It may be executed by several threads at once.
typedef struct plumb_dnn_product plumb_dnn_product;

/// "2.6.3", the version of the library that runs.
const char *plumb_dnn_version(void);
/// The instruction set that the library uses: "AVX2", "AVX-512 with VNNI and bf16" …
const char *plumb_dnn_instruction_set(void);
/// Whether products of bf16 by bf16 run on instructions made for them.
int plumb_dnn_has_bf16(void);
/// Whether products of u8 by s8 accumulate without saturating in 16 bits.
int plumb_dnn_has_vnni(void);
/// Whether the library's blocked layouts pay: true from AVX-512 on.
int plumb_dnn_prefers_packed(void);

/// A layout of (outputs, inputs) weights for products of about `shape->rows` rows; plain row-major when
/// `packed` is 0. Null when oneDNN has no such product.
plumb_dnn_layout *plumb_dnn_layout_create(const plumb_dnn_shape *shape, int packed);
void plumb_dnn_layout_destroy(plumb_dnn_layout *layout);
/// The bytes that weights take in a layout.
size_t plumb_dnn_layout_bytes(const plumb_dnn_layout *layout);
/// Copies plain row-major weights into a layout. Returns 0 when done.
int plumb_dnn_layout_pack(const plumb_dnn_layout *layout, const void *plain, void *packed);

/// Compiles a product. Null when oneDNN has none for this shape.
plumb_dnn_product *plumb_dnn_product_create(const plumb_dnn_shape *shape, const plumb_dnn_layout *layout);
void plumb_dnn_product_destroy(plumb_dnn_product *product);
/// The bytes of scratch memory that an execution needs.
size_t plumb_dnn_product_scratch_bytes(const plumb_dnn_product *product);
/// Runs a product on the calling thread. Returns 0 when done.
int plumb_dnn_product_execute(const plumb_dnn_product *product, const void *source, const void *weights,
                              const float *bias, void *destination, void *scratch);

#ifdef __cplusplus
}
#endif
