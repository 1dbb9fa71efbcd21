#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define VECTOR_BYTES 32
#include "kernels.h"
#include "float_product.h"
#include "byte_product_avx2.h"
#pragma clang attribute pop

const plumb_kernels plumb_kernels_avx2 = KERNEL_TABLE("avx2", float_product, byte_product);
#endif
