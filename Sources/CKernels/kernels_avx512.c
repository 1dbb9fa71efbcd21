#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c"))), apply_to = function)
#define VECTOR_BYTES 64
#include "kernels.h"
#pragma clang attribute pop

const plumb_kernels plumb_kernels_avx512 = KERNEL_TABLE("avx512", NULL, NULL);
#endif
