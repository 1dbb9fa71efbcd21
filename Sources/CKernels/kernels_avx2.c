#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define VECTOR_BYTES 32
#include "kernels.h"
#include "float_product.h"
#include "byte_product_avx2.h"
void plumb_scan_bytes_avx2(const plumb_byte_scan *s) { scan_bytes(s); }
#pragma clang attribute pop

const plumb_kernels plumb_kernels_avx2 = {
    KERNEL_LOOPS("avx2", "AVX2"), .float_product = float_product, .scan_bytes = scan_bytes, .byte_product = plumb_byte_product_avx2,
    .byte_levels = PLUMB_BYTE_LEVELS, .byte_group = PLUMB_BYTE_GROUP};
#endif
