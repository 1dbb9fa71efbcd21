// What every processor of the architecture runs: SSE2, or NEON.
#define VECTOR_BYTES 16
#include "kernels.h"

const plumb_kernels plumb_kernels_baseline = KERNEL_TABLE("baseline", NULL, NULL);
