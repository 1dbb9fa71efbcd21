// What every processor of the architecture runs: SSE2, or NEON.
#define VECTOR_BYTES 16
#include "kernels.h"

// oneDNN multiplies here; its sums of two products of bytes take 7 bits of an activation.
const plumb_kernels plumb_kernels_baseline = {KERNEL_LOOPS("baseline", "the baseline"), .scan_bytes = scan_bytes, .byte_levels = 127};
